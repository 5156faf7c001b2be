"""What image processing knew before learning, as encoders: each an honest floor to beat."""
