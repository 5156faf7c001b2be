"""A procedural Earth: cubes, labels, and the truth that the labels are computed from."""
