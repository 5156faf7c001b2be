"""Combine several embeddings, and measure what each adds to the others."""
