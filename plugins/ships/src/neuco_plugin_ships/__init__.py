"""Tasks and a data set: position and detection of ships in radar images."""
