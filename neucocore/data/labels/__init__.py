"""Labels, and the files that hold them."""
