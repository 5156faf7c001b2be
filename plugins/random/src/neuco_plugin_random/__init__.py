"""Control tasks: labels that no image can tell, as published and a clean version of our own."""
