"""Tasks: mean and spread of summer surface temperature after Landsat 8."""
