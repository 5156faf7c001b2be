"""Worker processes, compiled functions and the cache folder."""
