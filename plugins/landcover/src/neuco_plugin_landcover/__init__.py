"""Tasks: shares of agriculture and of forest from CORINE Land Cover."""
