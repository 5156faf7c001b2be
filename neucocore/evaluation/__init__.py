"""Protocols and what they compute: splits, probes, scores."""
