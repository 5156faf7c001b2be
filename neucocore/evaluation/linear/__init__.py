"""The linear probe: ridge and logistic regression, fitted on one training part."""
