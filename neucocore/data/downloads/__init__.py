"""Downloads that survive."""
