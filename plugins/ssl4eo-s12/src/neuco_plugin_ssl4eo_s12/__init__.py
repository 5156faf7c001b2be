"""Data sets of Sentinel-1 and Sentinel-2 cubes: SSL4EO-S12-downstream, SSL4EO-S12 v1.1, folders."""
