"""The command line. One module per command; nothing heavy is imported before a command runs."""

from __future__ import annotations

from neucocore.cli.app import main

__all__ = ["main"]
