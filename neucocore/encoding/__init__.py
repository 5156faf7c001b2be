"""The crash-safe encode run: a data set and an encoder to one embeddings file."""
