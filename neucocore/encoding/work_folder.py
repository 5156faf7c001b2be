"""The work folder of an embeddings file: its files, and when they may be removed.

``FILE.parts`` holds one folder per features key, so runs with other settings do not mix.
"""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from neucocore.errors import DataError

Shard = tuple[int, int]
"""Part i of n, i from 1; (1, 1) is the complete run."""
FOLDER_NAME = re.compile("[0-9a-f]{16}")
"""Names of work folders: the start of a features key. Other folders belong to the user."""
COMPLETE: Shard = (1, 1)


@dataclass(frozen=True, slots=True)
class WorkFolder:
    """Where finished vectors are kept until the embeddings file is written.

    Attributes
    ----------
    path
        ``FILE.parts/<start of the features key>``; it need not exist.
    """

    path: Path

    @property
    def state_file(self) -> Path:
        """State of an encoder that was fitted."""
        return self.path / "state.npz"

    @property
    def matrix_file(self) -> Path:
        """Feature vectors of all shards in id order."""
        return self.path / "features.f32"

    def spool_file(self, shard: Shard) -> Path:
        """Finished vectors of one shard."""
        return self.path / f"shard-{shard[0]}-of-{shard[1]}.spool"

    def spool_files(self) -> list[Path]:
        """Return the existing spool files, sorted."""
        return sorted(self.path.glob("*.spool"))

    def remove_finished(self, shard: Shard) -> None:
        """Remove what earlier runs finished of a shard, or everything if it is `COMPLETE`.

        The caller must hold the lock of the shard's spool file.
        """
        own = (f"{self.spool_file(shard).name}*",)
        patterns = ("*.spool*", f"{self.state_file.name}*") if shard == COMPLETE else own
        for pattern in patterns:
            for path in self.path.glob(pattern):
                if not path.name.startswith("."):  # keep the locks
                    path.unlink(missing_ok=True)

    def remove_idle(self, locked_spool: Path | None = None) -> None:
        """Remove this folder and those of other settings, except where another process works.

        Parameters
        ----------
        locked_spool
            The spool file whose lock the caller itself holds.
        """
        for folder in sorted(self.path.parent.glob("*")):
            if FOLDER_NAME.fullmatch(folder.name) and not _in_use(folder, locked_spool):
                shutil.rmtree(folder, ignore_errors=True)
        _remove_if_empty(self.path.parent)

    def remove_unused(self, locked_spool: Path) -> None:
        """Remove this folder if nothing in it can be resumed and no other process uses it.

        Parameters
        ----------
        locked_spool
            The spool file whose lock the caller itself holds.
        """
        if any(not f.name.startswith(".") and f.stat().st_size for f in self.path.glob("*")):
            return
        if not _in_use(self.path, locked_spool):
            shutil.rmtree(self.path, ignore_errors=True)
            _remove_if_empty(self.path.parent)


@contextmanager
def explain_disk_full(output: Path) -> Iterator[None]:
    """Turn the system's error for a full disk into one that says where, and what is kept.

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
            f"the disk is full at {output.parent}; {output.name} was not written, "
            "finished cubes are kept",
            hint="free some space and run the same command again; it continues where it stopped",
        ) from error


def _in_use(folder: Path, locked_spool: Path | None) -> bool:
    """Whether another process holds a lock in the folder."""
    own = None if locked_spool is None else locked_spool.with_name(f".{locked_spool.name}.lock")
    return any(_is_held(lock) for lock in folder.glob(".*.lock") if lock != own)


def _is_held(lock: Path) -> bool:
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
