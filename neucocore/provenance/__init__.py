"""What produced a result: code, machine, time and energy; and the keys that identify it."""
