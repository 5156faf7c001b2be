"""A small trainable compressor of cubes, and the bytes it takes."""
