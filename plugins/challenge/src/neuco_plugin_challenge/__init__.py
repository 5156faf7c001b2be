"""Challenges with hidden tasks: local, on EvalAI and on Codabench."""
