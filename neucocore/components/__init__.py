"""How an installed plugin becomes a component."""
