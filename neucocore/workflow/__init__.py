"""What ``neuco run``, ``neuco demo`` and ``neuco data generate`` do."""
