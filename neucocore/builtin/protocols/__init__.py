"""Built-in scoring protocols."""
