"""The running process and the machine: worker processes, compiled functions, the cache folder."""
