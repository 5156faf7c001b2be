"""How plugins are listed in the registry, and how the list is checked."""
