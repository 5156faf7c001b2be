"""Writing so that nobody ever sees half a file: temporary file, rename, lock."""

from __future__ import annotations

import errno
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from filelock import FileLock, Timeout

from neucocore.errors import DataError

PREFIX = ".neuco-"
SUFFIX = ".tmp"
ABANDONED_AFTER = 24 * 3600.0
"""Seconds without a write after which a temporary file belongs to nobody. Time, and not the
writer's process, because the folder may be shared by machines that do not know each other's."""
DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
REMOVALS = 20
"""How often a folder may be removed by the holder of a lock in it before a waiter gives up."""


@contextmanager
def replacing(path: str | Path, *, durable: bool = True) -> Iterator[IO[bytes]]:
    """Open a temporary file beside `path` for writing and rename it to `path` at the end.

    When the block raises, the temporary file is removed and `path` stays as it was. A killed
    process leaves at most a file that `leftovers` finds and a later durable write into the same
    folder removes, a day after its last byte.

    Parameters
    ----------
    path
        The final name. Missing folders are made; a symbolic link is followed, not replaced.
    durable
        Wait until the bytes are on the disk before the rename. Off for files that are cheap to
        make again and carry their own checksums.

    Yields
    ------
    IO[bytes]
        The open temporary file; its ``name`` is for writers that want a path.

    Raises
    ------
    OSError
        As the system reports it (disk full, read-only folder), of `path`.
    """
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    if durable:
        _discard_abandoned(target.parent)
    temporary = target.parent / f"{PREFIX}{os.getpid()}-{uuid.uuid4().hex[:12]}{SUFFIX}"
    try:
        with errors_about(target, instead_of=temporary), temporary.open("xb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            shutil.copymode(target, temporary)
        with errors_about(target, instead_of=temporary):
            temporary.replace(target)
        if durable:
            _sync_folder(target.parent)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


@contextmanager
def errors_about(path: Path, *, instead_of: Path | None = None) -> Iterator[None]:
    """Let the system's errors name the file a person asked for.

    A full disk is reported without any file, and a temporary file means nothing to anybody.
    """
    try:
        yield
    except OSError as error:
        full = error.filename is None and error.errno in DISK_ERRORS
        if full or (instead_of is not None and error.filename == str(instead_of)):
            error.filename, error.filename2 = str(path), None
        raise


def write_bytes(path: str | Path, content: bytes, *, durable: bool = True) -> None:
    """Write `content` to `path` in one step; see `replacing`."""
    with replacing(path, durable=durable) as file:
        file.write(content)


def write_text(path: str | Path, content: str, *, durable: bool = True) -> None:
    """Write text as UTF-8, line ends as given, in one step; see `replacing`."""
    write_bytes(path, content.encode(), durable=durable)


def leftovers(folder: str | Path) -> list[Path]:
    """Return temporary files that killed processes left in `folder`, sorted."""
    return sorted(Path(folder).glob(f"{PREFIX}*{SUFFIX}"))


def _discard_abandoned(folder: Path) -> None:
    for path in leftovers(folder):
        # Another process may be faster, and a file that cannot be removed harms nobody.
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > ABANDONED_AFTER:
                path.unlink()


@contextmanager
def locked(path: str | Path, *, timeout: float = 60.0) -> Iterator[None]:
    """Hold a lock beside `path` (``.<name>.lock``) against other processes.

    The lock goes with its process: a killed holder blocks nobody.

    Parameters
    ----------
    path
        The file or folder that is protected; it need not exist.
    timeout
        Seconds to wait for another holder.

    Raises
    ------
    DataError
        When the lock is not free in time.
    """
    target = Path(os.path.realpath(path))
    lock = FileLock(target.with_name(f".{target.name}.lock"), timeout=timeout)
    try:
        _acquire(lock, target.parent)
    except Timeout as error:
        raise DataError(
            f"{target} is in use by another process for more than {timeout:g} s",
            hint="wait until that process has ended, or write to another folder",
        ) from error
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock, folder: Path) -> None:
    """Acquire, also when the holder removes the folder, and the lock in it, as its last act."""
    for left in reversed(range(REMOVALS)):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except FileNotFoundError:
            if not left:
                raise
        else:
            return


def _sync_folder(folder: Path) -> None:
    # The rename itself is durable only when the folder is; some file systems refuse this.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
