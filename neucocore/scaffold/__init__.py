"""How a new plugin is started."""
