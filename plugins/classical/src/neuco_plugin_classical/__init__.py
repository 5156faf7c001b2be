"""Encoders from classical image processing: untrained baselines for trained encoders."""
