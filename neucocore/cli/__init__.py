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
    from neucocore.runtime import interrupts

    with interrupts.at_forced_end(_remove_temporaries):
        run()


def _remove_temporaries() -> None:
    import sys

    if atomic := sys.modules.get("neucocore.files.atomic"):  # else nothing was written
        atomic.remove_temporaries()
