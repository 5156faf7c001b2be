"""Task: share of corn and soybean after the Cropland Data Layer."""
