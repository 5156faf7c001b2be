"""The parts of `uncertainty.py`: how far intervals, comparisons and ranks can be trusted."""
