"""Run folders, and the tables that rank their runs."""
