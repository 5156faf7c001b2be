"""A procedural Earth: cubes, labels, and the truth they follow from."""
