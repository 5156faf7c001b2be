"""Questions about embeddings that are answered without a score."""
