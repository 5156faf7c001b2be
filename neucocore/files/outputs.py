"""What a command may write: checked before its work, by one rule for every output.

An existing file is replaced only if the same command has written it with the same key and nobody
has changed it since, or with ``--force``. What commands have written is recorded in the hidden file
``.neuco-written.jsonl`` of each folder: one line per file with the command, the key, and the digest
of the content. A line without a digest is written before the file, so that a command that is killed
in between recognises its own file.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from neucocore.errors import ConfigError

RECORD_FILE = ".neuco-written.jsonl"
BLOCK_BYTES = 1 << 20
SHOWN_LENGTH = 200
NOT_WRITTEN = "-"
"""In place of a digest: the file was not written after all."""


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """What is recorded about one file.

    Attributes
    ----------
    file
        Its path relative to the folder of the record.
    command
        The command that wrote it, such as ``encode``.
    key
        Key of everything that determines the content.
    sha256
        Digest of the content; empty while the file is being written.
    """

    file: str
    command: str
    key: str
    sha256: str = ""


class OutputFile:
    """A file that a command will write; created before the work, so that it fails before the work.

    ::

        output = OutputFile(path, command="convert", key={"input": Path("e.csv")}, force=force)
        ...  # the work
        with output.writing():
            save_embeddings(embeddings, path)

    Parameters
    ----------
    path
        The file; missing folders are created when it is written.
    command
        Name of the command, without ``neuco``.
    key
        A key of everything that determines the content, or these things as plain JSON values and
        `Path` objects, which stand for the content of a file or folder.
    force
        Replace an existing file whoever wrote it.
    record
        What is known about the file from another source, if the record of its folder has nothing.

    Raises
    ------
    ConfigError
        The file cannot be written, or it exists and neither `key` nor `force` allows it to be
        replaced.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        command: str,
        key: str | Mapping[str, Any],
        force: bool = False,
        record: WrittenFile | None = None,
    ) -> None:
        self.path = Path(path)
        self.command = command
        self.key = key if isinstance(key, str) else _digest_of_json(key)
        self._target = Path(os.path.realpath(path))
        check_writable(path)
        if force or not self._target.exists():
            return
        record = recorded(self._target) or record
        if reason := _reason_to_keep(self._target, record, command, self.key):
            raise ConfigError(
                f"{path} exists and {reason}",
                hint="choose another output, or replace this one with --force",
            )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Record that the block writes the file, so that the same command may replace it later.

        If the block raises, what was recorded before stays valid.
        """
        target, folder = self._target, self._target.parent
        before = recorded(target)
        folder.mkdir(parents=True, exist_ok=True)
        _append(folder, WrittenFile(target.name, self.command, self.key))
        try:
            yield
        except Exception:
            _append(folder, before or WrittenFile(target.name, "", "", NOT_WRITTEN))
            raise
        record_file(target, command=self.command, key=self.key)


def _reason_to_keep(target: Path, record: WrittenFile | None, command: str, key: str) -> str:
    """Return why an existing file must not be replaced; empty if it may be."""
    if record is None or record.sha256 == NOT_WRITTEN:
        return "was not written by this command"
    if record.sha256 and record.sha256 != digest_of_file(target):
        return f"was changed after neuco {record.command} had written it"
    if record.command != command:
        return f"was written by neuco {record.command}"
    if record.key != key:
        return (
            f"was written by neuco {command} from other input, with other options or by another "
            "version"
        )
    return ""


def check_output_folder(path: str | Path) -> None:
    """Check, before any work, that files can be written to a folder, which need not exist yet.

    Raises
    ------
    ConfigError
        They cannot.
    """
    if Path(path).exists() and not Path(path).is_dir():
        raise ConfigError(
            f"--output {path} is a file",
            hint="choose a folder; it is created if it does not exist",
        )
    check_writable(Path(path) / "file")


def check_writable(path: str | Path) -> None:
    """Check that a file can be created at a path, or replaced there.

    Nothing is left behind: folders that are missing are not created.

    Raises
    ------
    ConfigError
        The path is a folder or a device, the name is too long, a part of the path is a file, or the
        folder is not writable.
    """
    target = Path(os.path.realpath(path))
    try:
        reason = _reason_not_writable(target)
    except OSError as error:
        reason = f"{error.filename or target.parent}: {error.strerror}"
    if reason:
        shown = str(path) if len(str(path)) <= SHOWN_LENGTH else f"{str(path)[:SHOWN_LENGTH]}..."
        raise ConfigError(
            f"{shown} cannot be written: {reason}",
            hint="choose another --output, in a folder that you can write to",
        )


def _reason_not_writable(target: Path) -> str:
    """Return why no file can be created at a path; empty if it can be.

    Raises
    ------
    OSError
        Another reason.
    """
    if target.is_dir():
        return "it is a folder"
    if target.exists() and not target.is_file():
        return "it is not a regular file"
    folder = target.parent
    missing = [target.name]
    while not folder.exists():
        if folder.is_symlink():
            return f"{folder} is a link that leads nowhere"
        missing.append(folder.name)
        folder = folder.parent
    if not folder.is_dir():
        return f"{folder} is a file"
    longest = os.pathconf(folder, "PC_NAME_MAX")
    if any(len(os.fsencode(name)) > longest for name in missing):
        return f"a name in the path is longer than {longest} bytes"
    tempfile.TemporaryFile(dir=folder).close()
    return ""


def record_file(
    path: str | Path, *, command: str, key: str, folder: str | Path | None = None
) -> None:
    """Record a file that was written.

    Parameters
    ----------
    command, key
        As in `OutputFile`.
    folder
        The folder with the record; by default that of the file.
    """
    target = Path(os.path.realpath(path))
    home = target.parent if folder is None else Path(os.path.realpath(folder))
    name = target.relative_to(home).as_posix()
    _append(home, WrittenFile(name, command, key, digest_of_file(target)))


def check_generated_folder(folder: str | Path, *, command: str, key: str) -> None:
    """Check, before any work, that nothing of the user is lost if a folder is generated again.

    Parameters
    ----------
    command, key
        As in `generating`.

    Raises
    ------
    ConfigError
        The folder is not empty and was not written by this command, or files in it were changed
        since.
    """
    home = Path(os.path.realpath(folder))
    if not home.is_dir() or not any(path.name != RECORD_FILE for path in home.iterdir()):
        return
    hint = "write to a new folder with --output, or replace the files with --force"
    records = recorded_files(home)
    started = recorded(home)
    evidence = [*records.values(), *([started] if started is not None else [])]
    if (command, key) not in {(record.command, record.key) for record in evidence}:
        raise ConfigError(f"{folder} is not empty and was not written by this command", hint=hint)
    edited = [
        name
        for name, record in sorted(records.items())
        if (home / name).is_file() and digest_of_file(home / name) != record.sha256
    ]
    if edited:
        raise ConfigError(
            f"{len(edited)} files in {folder} were changed after neuco {command} had written them: "
            f"{', '.join(edited[:3])}",
            hint=hint,
        )


@contextmanager
def generating(folder: str | Path, *, command: str, key: str) -> Iterator[None]:
    """Record that the block writes all files of a folder; see `check_generated_folder`.

    Parameters
    ----------
    command
        Name of the command, without ``neuco``.
    key
        What is generated.
    """
    home = Path(os.path.realpath(folder))
    home.parent.mkdir(parents=True, exist_ok=True)
    # Next to the folder, because a plugin may expect an empty folder.
    _append(home.parent, WrittenFile(home.name, command, key))
    yield
    known = recorded_files(home)
    written = [
        WrittenFile(file.relative_to(home).as_posix(), command, key, digest_of_file(file))
        for file in sorted(home.rglob("*"))
        if file.is_file() and file.name != RECORD_FILE
    ]
    _append(home, *(record for record in written if known.get(record.file) != record))


def recorded(path: str | Path) -> WrittenFile | None:
    """Return what the record in its folder states about a file, or None."""
    target = Path(os.path.realpath(path))
    return recorded_files(target.parent).get(target.name)


def recorded_files(folder: str | Path) -> dict[str, WrittenFile]:
    """Return what the record in a folder states, by file. Damaged lines are left out."""
    files: dict[str, WrittenFile] = {}
    try:
        lines = (Path(folder) / RECORD_FILE).read_bytes().splitlines()
    except OSError:
        return {}
    for line in lines:
        with suppress(ValueError, TypeError):
            record = WrittenFile(**json.loads(line))
            files[record.file] = record
    return files


def digest_of_file(path: Path) -> str:
    """Return the sha256 (64 hex digits) of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def digest_of_path(path: str | Path) -> str:
    """Return one sha256 (64 hex digits) of a file, or of all files of a folder and their names."""
    source = Path(path)
    if not source.is_dir():
        return digest_of_file(source)
    files = sorted(file for file in source.rglob("*") if file.is_file())
    return _digest_of_json(
        {file.relative_to(source).as_posix(): digest_of_file(file) for file in files}
    )


def stamps_of(paths: Iterable[str | Path]) -> list[list[Any]]:
    """Return name, size (bytes) and modification time (ns) of files and of all files of folders.

    This is quicker than a digest for sources that are large.
    """
    stamps: list[list[Any]] = []
    for path in map(Path, paths):
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                status = file.stat()
                name = file.relative_to(path).as_posix() if file != path else file.name
                stamps.append([name, status.st_size, status.st_mtime_ns])
    return stamps


def _digest_of_json(value: Mapping[str, Any]) -> str:
    text = json.dumps(value, sort_keys=True, default=_key_value)
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def _key_value(value: object) -> str:
    """Return what stands for a value that is not JSON: a path stands for its content."""
    if isinstance(value, Path):
        return digest_of_path(value) if value.exists() else ""
    return str(value)


def _append(folder: Path, *records: WrittenFile) -> None:
    # The first line feed ends a line that a killed process may have left incomplete.
    lines = b"".join(b"\n" + json.dumps(asdict(record)).encode() for record in records) + b"\n"
    # Without a record a later command refuses to replace the file, which is no loss.
    with suppress(OSError):
        descriptor = os.open(folder / RECORD_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        with os.fdopen(descriptor, "ab", buffering=0) as file:
            file.write(lines)  # one write, so lines of several processes do not mix
