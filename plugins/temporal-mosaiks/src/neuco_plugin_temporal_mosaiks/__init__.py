"""Random convolutional features of every season, averaged: the challenge's temporal-mosaiks."""
