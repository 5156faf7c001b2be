"""Folders of GeoTIFFs as a data set."""
