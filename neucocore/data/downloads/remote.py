"""Files on a server, and the source that lists them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from neucocore.errors import DataError

STATE_FOLDER = ".neuco-download"
"""Name of the folder, in the folder of a download, that holds its state."""
BLOCK = 1 << 20
GIT_SHA1 = "git-sha1"
SHA256 = "sha256"


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of a download.

    Attributes
    ----------
    path
        Its path below the folder of the download, with ``/``.
    size
        Bytes.
    digest
        ``sha256:<hex>``, or ``git-sha1:<hex>`` for small files that git itself stores.

    Raises
    ------
    DataError
        The path leads out of the folder of the download.
    """

    path: str
    size: int
    digest: str

    def __post_init__(self) -> None:
        parts = PurePosixPath(self.path).parts
        unsafe = not parts or parts[0] == "/" or ".." in parts or "\\" in self.path
        if unsafe or parts[0] == STATE_FOLDER:
            raise DataError(
                f"the source lists a file with the unsafe name {self.path!r}",
                hint="do not download from this source; report it to the author of the data set",
            )

    def matches(self, file: Path) -> bool:
        """Whether a file on the disk has the size and the digest."""
        if file.stat().st_size != self.size:
            return False
        kind, _, expected = self.digest.partition(":")
        digest = hashlib.sha256() if kind == SHA256 else hashlib.sha1()  # noqa: S324  git's own
        if kind == GIT_SHA1:
            digest.update(b"blob %d\0" % self.size)
        with file.open("rb") as content:
            while block := content.read(BLOCK):
                digest.update(block)
        return digest.hexdigest() == expected


@dataclass(frozen=True, slots=True)
class Source:
    """A repository at one commit, and all files in it."""

    repo: str
    commit: str
    files: tuple[RemoteFile, ...]
