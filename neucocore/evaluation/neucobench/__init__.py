"""NeuCo-Bench's own protocol, reproduced to the fold."""
