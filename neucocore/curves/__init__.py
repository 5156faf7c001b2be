"""Curves: how the score depends on size and on the number of labels."""
