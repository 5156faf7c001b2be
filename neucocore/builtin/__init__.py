"""The components that come with the core, offered like any other plugin's."""
