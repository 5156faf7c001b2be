"""Task: share of pixels without data, computed from the cubes."""
