"""How a plugin is listed and checked."""
