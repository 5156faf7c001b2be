"""The command line. One module per command; nothing heavy is imported before a command runs."""

from __future__ import annotations


def main() -> None:
    """Run the ``neuco`` program."""
    try:
        from neucocore.runtime import interrupts

        interrupts.run(_command_line)
    except KeyboardInterrupt:  # so early that the handlers are not installed yet
        raise SystemExit(130) from None


def _command_line() -> None:
    from neucocore.cli.app import main as run

    run()
