"""What is wrong, or only odd, about the cubes of a folder."""
