"""Encoders and a reducer that need torch."""
