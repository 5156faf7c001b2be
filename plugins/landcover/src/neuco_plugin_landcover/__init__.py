"""Tasks: shares of agriculture and of forest after CORINE land cover."""
