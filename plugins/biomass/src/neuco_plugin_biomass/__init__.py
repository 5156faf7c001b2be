"""Tasks: mean and standard deviation of above-ground biomass from GEDI L4A."""
