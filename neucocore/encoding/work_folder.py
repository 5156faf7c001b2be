"""The folder of finished work beside an embeddings file: when it is full, when it may go."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from neucocore.errors import DataError


@contextmanager
def explain_disk_full(out: Path) -> Iterator[None]:
    """Say of a full disk where it is and what is kept.

    Raises
    ------
    DataError
        Instead of the system's error.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DataError(
            f"the disk is full at {out.parent}; {out.name} is not written, finished cubes are kept",
            hint="make room and run the same command again; it goes on where it stopped",
        ) from error


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


def remove_unused(own: Path) -> None:
    """Remove a work folder that holds no work yet: nobody can go on with it.

    Parameters
    ----------
    own
        The spool in it whose lock the caller holds itself.
    """
    folder = own.parent
    if any(not f.name.startswith(".") and f.stat().st_size for f in folder.glob("*")):
        return
    if not any(_held(lock) for lock in folder.glob(".*.lock") if lock.name != f".{own.name}.lock"):
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # other settings' work keeps it
            folder.parent.rmdir()


def _held(lock: Path) -> bool:
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True
