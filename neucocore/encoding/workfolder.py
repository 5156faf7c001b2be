"""The folder of finished work beside an embeddings file: removed when nobody works in it."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout


def remove_idle(parent: Path, own: Path | None = None) -> None:
    """Remove the work folders in `parent`, and it too, but for those another process works in.

    Parameters
    ----------
    parent
        ``FILE.parts``, with one folder for each key.
    own
        The spool whose lock the caller holds itself.
    """
    mine = None if own is None else own.with_name(f".{own.name}.lock")
    for folder in sorted(parent.glob("*")):
        if not any(_held(lock) for lock in folder.glob(".*.lock") if lock != mine):
            shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):  # what others work in keeps it
        parent.rmdir()


def _held(lock: Path) -> bool:
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True
