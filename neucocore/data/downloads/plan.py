"""The plan of a download: the selected files, those that are missing, and whether they fit."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from neucocore.data.downloads.remote import RemoteFile, Source
from neucocore.data.downloads.state import DownloadState
from neucocore.errors import DataError, MissingFileError

SPARE_BYTES = 64 << 20
"""Bytes that must remain free on the disk after a download."""
FOLDERS_SHOWN = 12


@dataclass(frozen=True)
class Plan:
    """What a download will do.

    Attributes
    ----------
    source
        Where the files come from.
    selected
        The selected files.
    missing
        Those of them that will be fetched.
    differing
        Those of them that exist with another content: edited, or files of the user. They are kept.
    free
        Bytes free on the disk.
    partial
        Bytes of the missing files that earlier runs have fetched.
    """

    source: Source
    selected: Sequence[RemoteFile]
    missing: Sequence[RemoteFile]
    free: int
    partial: int = 0
    differing: Sequence[RemoteFile] = ()

    @property
    def bytes_selected(self) -> int:
        """Bytes of the selected files."""
        return sum(file.size for file in self.selected)

    @property
    def bytes_missing(self) -> int:
        """Bytes still to fetch."""
        return sum(file.size for file in self.missing) - self.partial

    def as_json(self) -> Mapping[str, Any]:
        """Return the plan's numbers as plain JSON values."""
        return {
            "repo": self.source.repo,
            "commit": self.source.commit,
            "files": len(self.selected),
            "bytes": self.bytes_selected,
            "files_to_fetch": len(self.missing),
            "files_differing": [file.path for file in self.differing],
            "bytes_to_fetch": self.bytes_missing,
            "bytes_free": self.free,
        }


def make_plan(
    state: DownloadState, source: Source, only: Sequence[str] = (), *, force: bool = False
) -> Plan:
    """Compare the selected files of a source with the files on the disk.

    Parameters
    ----------
    state
        The state of the download's folder.
    source
        All files there are.
    only
        Patterns of the files to select, see `matches_any`; empty: all.
    force
        Fetch files again that exist with another content.

    Raises
    ------
    MissingFileError
        No file matches the patterns.
    """
    selected = [file for file in source.files if not only or matches_any(file.path, only)]
    if not selected:
        folders = sorted({file.path.partition("/")[0] for file in source.files})
        raise MissingFileError(
            f"none of the {len(source.files)} files of {source.repo} matches {' or '.join(only)}",
            hint=f"top-level files and folders: {', '.join(folders[:FOLDERS_SHOWN])}",
        )
    missing = [file for file in selected if not state.is_complete(file)]
    differing = [] if force else [file for file in missing if os.path.lexists(state.target(file))]
    missing = [file for file in missing if file not in differing]
    parts = [state.part(file) for file in missing]
    partial = sum(part.stat().st_size for part in parts if part.exists())
    return Plan(source, selected, missing, free_bytes(state.folder), partial, differing)


def matches_any(path: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern matches a path, the end of it after a ``/``, or a folder above it."""
    return any(
        fnmatchcase(path, start + pattern + end)
        for pattern in (pattern.rstrip("/") for pattern in patterns)
        for start in ("", "*/")
        for end in ("", "/*")
    )


def check_free_space(folder: Path, plan: Plan) -> None:
    """Raise if the disk cannot hold the missing files.

    Raises
    ------
    DataError
        Too few bytes are free.
    """
    if plan.free < plan.bytes_missing + SPARE_BYTES:
        raise DataError(
            f"the download to {folder} needs {plan.bytes_missing} bytes, only {plan.free} are free",
            hint="free disk space, or select fewer files with --only",
        )


def free_bytes(folder: Path) -> int:
    """Return the bytes free on the disk of a folder, which need not exist yet."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free
