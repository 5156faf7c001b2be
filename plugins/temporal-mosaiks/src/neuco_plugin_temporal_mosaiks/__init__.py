"""Random convolutional features, averaged over the seasons: the entry temporal-mosaiks."""
