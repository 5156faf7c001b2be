"""Data sets of Sentinel-1 and Sentinel-2 cubes: SSL4EO-S12-downstream and its relatives."""
