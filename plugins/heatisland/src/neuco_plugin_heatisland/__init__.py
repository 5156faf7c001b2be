"""Tasks: mean and standard deviation of summer surface temperature from Landsat 8."""
