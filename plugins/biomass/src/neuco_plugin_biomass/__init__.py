"""Tasks: mean and spread of above-ground biomass after GEDI L4A."""
