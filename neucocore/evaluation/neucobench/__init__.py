"""The protocol of NeuCo-Bench, reproduced so that every fold has the same score."""
