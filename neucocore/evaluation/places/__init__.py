"""Where the rows are: coordinates, spatial blocks, and what the place alone predicts."""
