"""What is known about the folder of a download; stored in the folder itself."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from threading import Lock

from neucocore.data.downloads.remote import STATE_FOLDER, RemoteFile, Source
from neucocore.errors import ChecksumError, DataError
from neucocore.files.atomic import write_text


class DownloadState:
    """The state of a download, in the folder ``.neuco-download`` below its folder.

    ``source.json`` holds the `Source` that the download was started from. ``verified.tsv`` gets
    one line per file whose digest was checked, with its size and modification time, so that a
    later run need not read 150 GB again. Both are caches: what is missing or damaged in them is
    determined again.

    Parameters
    ----------
    folder
        The folder of the download.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._home = self.folder / STATE_FOLDER
        self._log = self._home / "verified.tsv"
        self._lock = Lock()
        self._verified = self._read_log()

    def source(self) -> Source | None:
        """Return the source that the download was started from, None if it is not known."""
        try:
            record = json.loads((self._home / "source.json").read_text("utf-8"))
            files = tuple(RemoteFile(**file) for file in record["files"])
            return Source(str(record["repo"]), str(record["commit"]), files)
        except (OSError, ValueError, TypeError, KeyError, DataError):
            return None

    def save(self, source: Source) -> None:
        """Store the source that the download is started from."""
        write_text(self._home / "source.json", json.dumps(asdict(source)))

    def target(self, remote: RemoteFile) -> Path:
        """Return the final path of a file."""
        return self.folder / remote.path

    def part(self, remote: RemoteFile) -> Path:
        """Return the path of an incomplete file: next to its final path, on the same disk."""
        target = self.target(remote)
        return target.with_name(f".{target.name}.{remote.digest[-8:]}.part")

    def is_complete(self, remote: RemoteFile) -> bool:
        """Whether the file exists with the right content.

        The content is read only if it was not checked before or the file has changed since.
        """
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
        """Check the incomplete file's content and rename it to its final path.

        Raises
        ------
        ChecksumError
            The content does not match the digest; it is deleted.
        """
        part, target = self.part(remote), self.target(remote)
        if not remote.matches(part):
            part.unlink()
            raise ChecksumError(
                f"{remote.path} does not match its checksum {remote.digest}",
                hint="run the same command again; if the error stays, the file on the server is "
                "damaged",
            )
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
            # A line that was cut short has the wrong number of fields, or a wrong digest.
            fields = line.split("\t")
            if len(fields) == 4 and fields[1].isdecimal() and fields[2].isdecimal():
                verified[fields[0]] = (int(fields[1]), int(fields[2]), fields[3])
        return verified


def _stamp(file: Path) -> tuple[int, int]:
    """Return size (bytes) and modification time (ns) of a file."""
    status = file.stat()
    return status.st_size, status.st_mtime_ns
