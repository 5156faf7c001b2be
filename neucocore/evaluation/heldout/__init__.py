"""Scores on held-out rows: splits, out-of-fold predictions and their metrics."""
