"""Task: share of no-data pixels, made from the cubes themselves."""
