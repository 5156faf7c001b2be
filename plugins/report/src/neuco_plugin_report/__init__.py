"""Results as one self-contained page for the browser."""
