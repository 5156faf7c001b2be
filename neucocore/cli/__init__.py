"""The command line. One module per command; nothing heavy is imported before a command runs."""

from __future__ import annotations


def main() -> None:
    """Run the ``neuco`` program."""
    from neucocore.cli.app import main as run

    run()
