"""Downloads that survive: planned, pinned to a commit, resumed, checked."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Protocol

from neucocore.data.downloads.fetching import Fetcher, Get, Progress
from neucocore.data.downloads.file import STATE_FOLDER, DownloadState, Plan, Source
from neucocore.data.downloads.hub import UnreachableError
from neucocore.data.downloads.pace import RateLimiter
from neucocore.errors import ChecksumError, DataError, MissingFileError
from neucocore.files.atomic import locked

LOCK_SECONDS = 5.0
SPARE_BYTES = 64 << 20
"""Bytes that must be left on the disk after a download."""


@dataclass(frozen=True)
class Summary:
    """What a download did: its plan, bytes fetched, and what could not be asked for."""

    plan: Plan
    fetched: int
    offline: str = ""


class Origin(Protocol):
    """Where a download comes from."""

    name: str
    """What the folder remembers as its origin."""
    revision: str
    """The pinned revision, used when none is asked for."""

    def commit(self, revision: str) -> str:
        """Return the commit a revision stands for; `UnreachableError` without a connection."""

    def source(self, commit: str) -> Source:
        """Return all files at a commit."""

    def get(self, commit: str) -> Get:
        """Return what fetches them."""


class Download:
    """One download into one folder.

    Parameters
    ----------
    folder
        Where the files go; made when missing.
    origin
        Where they come from: a `neucocore.data.downloads.hub.Hub`, say.
    pace
        When requests may be sent.
    """

    def __init__(self, folder: str | Path, origin: Origin, pace: RateLimiter) -> None:
        self.folder = Path(folder)
        self.origin = origin
        self._pace = pace
        self._offline = ""

    def plan(self, *, revision: str | None = None, only: Sequence[str] = ()) -> Plan:
        """Find out what is wanted and what is there already; fetches no file.

        Parameters
        ----------
        revision
            Branch, tag or commit; by default the pinned one.
        only
            Patterns such as ``s2l2a/part-00000*`` of paths, or of their ends; empty: everything.

        Raises
        ------
        DataError
            The folder holds another commit, or the origin cannot be reached and the folder was
            never begun.
        MissingFileError
            No file matches.
        """
        state = DownloadState(self.folder)
        return plan_of(state, self._source(state, revision or self.origin.revision), only)

    def run(self, plan: Plan, *, jobs: int = 4, progress: Progress | None = None) -> Summary:
        """Fetch what a plan says is missing; finished files stay whatever happens.

        Raises
        ------
        DataError
            A file cannot be had, the disk is or would be full, there is no connection, or another
            process downloads to the folder.
        """
        if not plan.missing:
            return Summary(plan, 0, self._offline)
        if self._offline:
            raise DataError(
                f"{self._offline}; {len(plan.missing)} of {len(plan.wanted)} files are not here",
                hint="run the same command again when there is a connection",
            )
        check_room(self.folder, plan)
        with locked(self.folder / STATE_FOLDER / "download", timeout=LOCK_SECONDS):
            state = DownloadState(self.folder)
            state.save(plan.source)
            fetcher = Fetcher(self.origin.get(plan.source.commit), state, self._pace)
            return Summary(plan, fetcher.fetch_all(plan.missing, jobs=jobs, progress=progress))

    def _source(self, state: DownloadState, revision: str) -> Source:
        """Return the pinned source, after asking whether the revision has moved."""
        pinned = state.source()
        if pinned is not None and pinned.repo != self.origin.name:
            raise DataError(
                f"{self.folder} holds a download of {pinned.repo}, not of {self.origin.name}",
                hint="give another folder with --out",
            )
        try:
            commit = self.origin.commit(revision)
            if pinned is None:
                return self.origin.source(commit)
        except UnreachableError as error:
            if pinned is None:
                raise
            self._offline = error.message
            return pinned
        if commit != pinned.commit:
            raise ChecksumError(
                f"{self.folder} holds {pinned.repo} at commit {pinned.commit}, and revision "
                f"{revision} is {commit}",
                hint=f"go on with --revision {pinned.commit}, or give another folder with --out",
            )
        return pinned


def plan_of(state: DownloadState, source: Source, only: Sequence[str] = ()) -> Plan:
    """Compare what is wanted with what is there.

    Raises
    ------
    MissingFileError
        No file matches the patterns.
    """
    wanted = [file for file in source.files if not only or matches_any(file.path, only)]
    if not wanted:
        folders = sorted({file.path.partition("/")[0] for file in source.files})
        raise MissingFileError(
            f"none of the {len(source.files)} files of {source.repo} matches {' or '.join(only)}",
            hint=f"at the top there are {', '.join(folders[:12])}",
        )
    missing = [file for file in wanted if not state.is_complete(file)]
    parts = [state.part(file) for file in missing]
    partial = sum(part.stat().st_size for part in parts if part.exists())
    return Plan(source, wanted, missing, free_bytes(state.folder), partial)


def matches_any(path: str, patterns: Sequence[str]) -> bool:
    """Tell whether a path, its end after any ``/``, or a folder above it matches a pattern."""
    return any(
        fnmatchcase(path, start + pattern + end)
        for pattern in (pattern.rstrip("/") for pattern in patterns)
        for start in ("", "*/")
        for end in ("", "/*")
    )


def check_room(folder: Path, plan: Plan) -> None:
    """Refuse a plan that the disk cannot hold.

    Raises
    ------
    DataError
        Fewer bytes are free than are to be fetched.
    """
    if plan.free < plan.bytes_missing + SPARE_BYTES:
        raise DataError(
            f"{plan.bytes_missing} bytes are to be fetched to {folder}, and {plan.free} are free",
            hint="make room, or choose fewer files with --only",
        )


def free_bytes(folder: Path) -> int:
    """Return the bytes free on the disk that a folder is, or will be, on."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free
