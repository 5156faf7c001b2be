"""Sample downloaded embedding products at points and in polygons."""
