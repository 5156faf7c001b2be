"""Embeddings, and the formats of their files."""
