"""Downloads of data sets: planned, resumed and checked against digests."""
