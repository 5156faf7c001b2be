"""A small trainable compressor of cubes with an entropy coder."""
