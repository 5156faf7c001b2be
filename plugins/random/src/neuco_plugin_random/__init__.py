"""Control tasks: labels that cannot be predicted from an image, as published and clean."""
