"""Deriving labels from their sources: grids of cubes, rasters, shares of classes."""
