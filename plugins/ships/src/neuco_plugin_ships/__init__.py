"""Tasks and a data set: where the ship is in a radar image, and whether there is one."""
