"""Packs: results of runs in one file, to be compared elsewhere without exchanging data."""
