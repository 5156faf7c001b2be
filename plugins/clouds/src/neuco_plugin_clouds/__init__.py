"""Task: mean cloud cover over the seasons after CloudSEN12."""
