"""Cubes: from their files to arrays, and back."""
