"""Several embeddings as one, and what each adds to the others."""
