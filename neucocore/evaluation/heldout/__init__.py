"""What protocols that score held-out rows share."""
