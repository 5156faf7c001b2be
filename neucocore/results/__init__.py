"""Run folders, the tables that rank them, and what a run says of its making."""
