"""Task: share of corn and soybean from the Cropland Data Layer."""
