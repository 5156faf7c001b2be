"""What ``neuco run``, ``neuco demo`` and ``neuco data make`` do."""
