"""Which embedding to use: candidates, their scores and sizes, and a decision in words."""
