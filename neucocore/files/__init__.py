"""Reading and writing any file."""
