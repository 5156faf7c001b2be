"""The physics and geography of the synthetic Earth; nothing in here reads or writes files."""
