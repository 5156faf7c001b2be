"""Task: mean cloud cover over the seasons from CloudSEN12 labels."""
