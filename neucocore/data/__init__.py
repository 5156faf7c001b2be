"""Cubes, labels and embeddings: what neuco reads and writes."""
