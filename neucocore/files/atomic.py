"""Writing files in one step (temporary file, then rename), and locks between processes."""

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
"""Seconds since the last write after which a temporary file is considered abandoned. The time
decides, not the writer's process id, because several machines may share the folder."""
DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
_temporaries: set[Path] = set()
"""The temporary files that this process is writing."""
REMOVALS = 20
"""Attempts to acquire a lock whose folder the holder removes when it is done."""


@contextmanager
def replacing(path: str | Path, *, durable: bool = True) -> Iterator[IO[bytes]]:
    """Open a temporary file next to `path` for writing and rename it to `path` at the end.

    If the block raises, the temporary file is removed and `path` stays unchanged. A killed process
    leaves at most a temporary file, which a later durable write into the same folder removes once
    it is a day old; see `leftovers`.

    Parameters
    ----------
    path
        The final name. Missing folders are created; a symbolic link is followed, not replaced.
    durable
        Wait until the bytes are on the disk before the rename. False suits files that are cheap to
        write again and carry their own checksums.

    Yields
    ------
    IO[bytes]
        The open temporary file; ``name`` is its path.

    Raises
    ------
    OSError
        As reported by the system (disk full, read-only folder), with `path` as its file name.
    """
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    if durable:
        _discard_abandoned(target.parent)
    temporary = target.parent / f"{PREFIX}{os.getpid()}-{uuid.uuid4().hex[:12]}{SUFFIX}"
    _temporaries.add(temporary)
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
        _temporaries.discard(temporary)


def remove_temporaries() -> None:
    """Remove the temporary files of this process, which is about to end without cleaning up."""
    for path in list(_temporaries):
        path.unlink(missing_ok=True)


@contextmanager
def errors_about(path: Path, *, instead_of: Path | None = None) -> Iterator[None]:
    """Make the system's errors name the file that the user asked for.

    The system reports a full disk without a file name, and other errors with the name of the
    temporary file, which the user does not know.

    Parameters
    ----------
    path
        The file that the user asked for.
    instead_of
        The temporary file.
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
    r"""Write text as UTF-8 in one step, without changing line ends; see `replacing`.

    Bytes of file names that are not UTF-8 become escapes such as ``\udce9``, as in JSON.
    """
    write_bytes(path, content.encode(errors="backslashreplace"), durable=durable)


def leftovers(folder: str | Path) -> list[Path]:
    """Return the temporary files that killed processes left in `folder`, sorted."""
    return sorted(Path(folder).glob(f"{PREFIX}*{SUFFIX}"))


def _discard_abandoned(folder: Path) -> None:
    for path in leftovers(folder):
        # Another process may remove it first; a file that cannot be removed does no harm.
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > ABANDONED_AFTER:
                path.unlink()


@contextmanager
def locked(path: str | Path, *, timeout: float = 60.0) -> Iterator[None]:
    """Hold a lock next to `path` (``.<name>.lock``), which keeps out other processes.

    The lock ends with its process, so a killed holder blocks nobody.

    Parameters
    ----------
    path
        The protected file or folder; it need not exist.
    timeout
        Seconds to wait for another holder.

    Raises
    ------
    DataError
        The lock is not released in time.
    """
    target = Path(os.path.realpath(path))
    lock = FileLock(target.with_name(f".{target.name}.lock"), timeout=timeout)
    try:
        _acquire(lock, target.parent)
    except Timeout as error:
        raise DataError(
            f"{target} is in use by another process (waited {timeout:g} s)",
            hint="wait until that process has ended, or write to another folder",
        ) from error
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock, folder: Path) -> None:
    """Acquire a lock, also if its holder removes the folder of the lock when it is done."""
    for attempts_left in reversed(range(REMOVALS)):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except FileNotFoundError:
            if not attempts_left:
                raise
        else:
            return


def _sync_folder(folder: Path) -> None:
    # The rename is durable only once the folder is synced; some file systems do not allow it.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
