"""How sure a score is: influence values, intervals, comparisons and ranks, from arrays alone."""
