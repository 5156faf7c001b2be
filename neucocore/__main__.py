"""``python -m neucocore`` is ``neuco``."""

from neucocore.cli import main

main()
