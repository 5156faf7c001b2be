"""Cubes, labels and embeddings, and the files that hold them."""
