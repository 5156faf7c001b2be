"""The parts of `coverage.py`: how far intervals, comparisons and ranks can be trusted."""
