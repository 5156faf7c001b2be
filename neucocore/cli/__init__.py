"""The command line. One module per command; nothing heavy is imported before a command runs."""

from __future__ import annotations


def main() -> None:
    """Run the ``neuco`` program."""
    try:
        from neucocore.cli.app import main as run
    except KeyboardInterrupt:
        # Importing takes a moment in which nothing has begun that could be gone on with.
        raise SystemExit(130) from None
    run()
