"""Cubes: reading them from files and folders, checking, selecting, drawing and writing them."""
