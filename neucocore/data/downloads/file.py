"""A file to download, and what of a download is already on the disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import Any

from neucocore.errors import ChecksumError, DataError
from neucocore.files.atomic import write_text

STATE_FOLDER = ".neuco-download"
BLOCK = 1 << 20
GIT_SHA1 = "git-sha1"
SHA256 = "sha256"


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of a download.

    Attributes
    ----------
    path
        Where it goes, relative to the download's folder, with ``/``.
    size
        Bytes.
    digest
        ``sha256:<hex>``, or ``git-sha1:<hex>`` for small files that git itself holds.
    """

    path: str
    size: int
    digest: str

    def __post_init__(self) -> None:
        parts = PurePosixPath(self.path).parts
        unsafe = not parts or parts[0] == "/" or ".." in parts or "\\" in self.path
        if unsafe or parts[0] == STATE_FOLDER:
            raise DataError(f"the source lists a file with the unsafe name {self.path!r}")

    def matches(self, file: Path) -> bool:
        """Tell whether a file on the disk has the size and the digest."""
        if file.stat().st_size != self.size:
            return False
        kind, _, wanted = self.digest.partition(":")
        digest = hashlib.sha256() if kind == SHA256 else hashlib.sha1()  # noqa: S324  git's own
        if kind == GIT_SHA1:
            digest.update(b"blob %d\0" % self.size)
        with file.open("rb") as content:
            while block := content.read(BLOCK):
                digest.update(block)
        return digest.hexdigest() == wanted


@dataclass(frozen=True, slots=True)
class Source:
    """Where a download comes from: a repository at one commit, and what is in it."""

    repo: str
    commit: str
    files: tuple[RemoteFile, ...]


class DownloadState:
    """What is known about a download's folder; kept in its ``.neuco-download``.

    ``source.json`` holds the `Source` the folder was begun from. ``verified.tsv`` gets a line for
    each file whose digest was checked, with its size and time, so that a later run need not read
    150 GB again. Both are only a memory: what is missing or broken in them is found out anew.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._home = self.folder / STATE_FOLDER
        self._log = self._home / "verified.tsv"
        self._lock = Lock()
        self._verified = self._read_log()

    def source(self) -> Source | None:
        """Return what the folder was begun from, or None if that is not known."""
        try:
            said = json.loads((self._home / "source.json").read_text("utf-8"))
            files = tuple(RemoteFile(**file) for file in said["files"])
            return Source(str(said["repo"]), str(said["commit"]), files)
        except (OSError, ValueError, TypeError, KeyError, DataError):
            return None

    def save(self, source: Source) -> None:
        """Remember what the folder is begun from."""
        write_text(self._home / "source.json", json.dumps(asdict(source)))

    def target(self, remote: RemoteFile) -> Path:
        """Return the final place of a file."""
        return self.folder / remote.path

    def part(self, remote: RemoteFile) -> Path:
        """Return the place of a file's first bytes: beside the file, so on the same disk."""
        target = self.target(remote)
        return target.with_name(f".{target.name}.{remote.digest[-8:]}.part")

    def is_complete(self, remote: RemoteFile) -> bool:
        """Tell whether the file is there with the right content; read it only if not yet known."""
        target = self.target(remote)
        try:
            stamp = _stamp(target)
        except OSError:
            return False
        if self._verified.get(remote.path) == (*stamp, remote.digest):
            return True
        if not remote.matches(target):
            return False
        self._remember(remote, target)
        return True

    def finish(self, remote: RemoteFile) -> None:
        """Check the collected bytes and give them their final name.

        Raises
        ------
        ChecksumError
            The bytes differ from their digest; they are thrown away.
        """
        part, target = self.part(remote), self.target(remote)
        if not remote.matches(part):
            part.unlink()
            raise ChecksumError(f"{remote.path} does not match its checksum {remote.digest}")
        part.replace(target)
        self._remember(remote, target)

    def _remember(self, remote: RemoteFile, target: Path) -> None:
        size, time = _stamp(target)
        line = f"{remote.path}\t{size}\t{time}\t{remote.digest}\n"
        with self._lock:
            self._verified[remote.path] = (size, time, remote.digest)
            self._home.mkdir(parents=True, exist_ok=True)
            with self._log.open("a", encoding="utf-8") as log:
                log.write(line)

    def _read_log(self) -> dict[str, tuple[int, int, str]]:
        verified = {}
        try:
            lines = self._log.read_text("utf-8", errors="replace").splitlines()
        except OSError:
            return {}
        for line in lines:
            # A line that a kill cut short has the wrong number of fields, or a wrong digest.
            fields = line.split("\t")
            if len(fields) == 4 and fields[1].isdecimal() and fields[2].isdecimal():
                verified[fields[0]] = (int(fields[1]), int(fields[2]), fields[3])
        return verified


def _stamp(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_size, status.st_mtime_ns


@dataclass(frozen=True)
class Plan:
    """What a download will do.

    Attributes
    ----------
    source
        Where from.
    wanted
        The chosen files.
    missing
        Those of them that are not there yet.
    free
        Bytes free on the disk.
    partial
        Bytes of the missing files that earlier runs have fetched.
    """

    source: Source
    wanted: Sequence[RemoteFile]
    missing: Sequence[RemoteFile]
    free: int
    partial: int = 0

    @property
    def bytes_wanted(self) -> int:
        """Bytes of the chosen files."""
        return sum(file.size for file in self.wanted)

    @property
    def bytes_missing(self) -> int:
        """Bytes still to fetch."""
        return sum(file.size for file in self.missing) - self.partial

    def as_json(self) -> Mapping[str, Any]:
        """Return the plan's numbers."""
        return {
            "repo": self.source.repo,
            "commit": self.source.commit,
            "files": len(self.wanted),
            "bytes": self.bytes_wanted,
            "files_to_fetch": len(self.missing),
            "bytes_to_fetch": self.bytes_missing,
            "bytes_free": self.free,
        }
