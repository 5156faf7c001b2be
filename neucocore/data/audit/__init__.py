"""Checking all cubes of a folder: problems, warnings and a summary."""
