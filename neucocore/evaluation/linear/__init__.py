"""The linear probe: ridge and logistic regression."""
