"""The physics and geography of the synthetic Earth; nothing here touches a file."""
