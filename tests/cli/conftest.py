"""neuco on a terminal of so many columns, with a real pseudo terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
from pathlib import Path

import pytest


def _on_terminal(columns: int, *words: object, cwd: Path | None = None, code: int = 0) -> list[str]:
    """Run neuco with stdout on a terminal; return its lines."""
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (50, columns))
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
    process = subprocess.Popen(
        [sys.executable, "-m", "neucocore", *map(str, words)],
        stdout=follower, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=environment,
        cwd=cwd,
    )  # fmt: skip
    os.close(follower)
    chunks = []
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:  # the other end is closed
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(leader)
    assert process.wait(60) == code
    return b"".join(chunks).decode().replace("\r\n", "\n").splitlines()


@pytest.fixture(scope="session")
def on_terminal():
    return _on_terminal
