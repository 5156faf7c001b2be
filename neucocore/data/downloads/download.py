"""One download into one folder: pinned to a commit, resumed, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from neucocore.data.downloads.fetching import Fetcher, Get, Progress
from neucocore.data.downloads.hub import UnreachableError
from neucocore.data.downloads.plan import Plan, check_free_space, make_plan
from neucocore.data.downloads.rate_limiter import RateLimiter
from neucocore.data.downloads.remote import STATE_FOLDER, Source
from neucocore.data.downloads.state import DownloadState
from neucocore.errors import ChecksumError, DataError
from neucocore.files.atomic import locked
from neucocore.files.outputs import check_output_folder

LOCK_SECONDS = 5.0


@dataclass(frozen=True)
class Summary:
    """What a download did.

    Attributes
    ----------
    plan
        What it was to do.
    fetched
        Bytes fetched.
    offline
        Why the server could not be asked; empty if it could.
    """

    plan: Plan
    fetched: int
    offline: str = ""


class Origin(Protocol):
    """Where the files of a download come from."""

    name: str
    """Name of the origin, stored in the download's folder."""
    revision: str
    """The pinned revision, used if none is asked for."""

    def commit(self, revision: str) -> str:
        """Return the commit of a revision; `UnreachableError` without a connection."""

    def source(self, commit: str) -> Source:
        """Return all files at a commit."""

    def get(self, commit: str) -> Get:
        """Return the function that fetches files of a commit."""


class Download:
    """One download into one folder.

    Parameters
    ----------
    folder
        Folder for the files; created if missing.
    origin
        Where the files come from, for example a `neucocore.data.downloads.hub.Hub`.
    limiter
        Delays requests as the server asks.
    """

    def __init__(self, folder: str | Path, origin: Origin, limiter: RateLimiter) -> None:
        self.folder = Path(folder)
        self.origin = origin
        self._limiter = limiter
        self._offline = ""

    def plan(
        self, *, revision: str | None = None, only: Sequence[str] = (), force: bool = False
    ) -> Plan:
        """Determine the selected and the missing files; fetches none.

        Parameters
        ----------
        revision
            Branch, tag or commit; the pinned one by default.
        only
            Patterns of paths, or of their ends, such as ``s2l2a/part-00000*``; empty: all files.
        force
            Replace files that exist with another content.

        Raises
        ------
        DataError
            The folder holds another commit, or the server cannot be reached and the download was
            never started.
        MissingFileError
            No file matches.
        """
        state = DownloadState(self.folder)
        source = self._source(state, revision or self.origin.revision)
        return make_plan(state, source, only, force=force)

    def run(self, plan: Plan, *, jobs: int = 4, progress: Progress | None = None) -> Summary:
        """Fetch the missing files of a plan; finished files stay if it fails.

        Parameters
        ----------
        plan
            What to fetch.
        jobs
            Files fetched at a time.
        progress
            Called with (files done, bytes fetched).

        Raises
        ------
        ConfigError
            The folder is not writable.
        DataError
            A file cannot be fetched, the disk is or would become full, there is no connection,
            another process downloads to the folder, or has started to download something else to
            it.
        """
        if not plan.missing:
            return Summary(plan, 0, self._offline)
        if self._offline:
            raise DataError(
                f"{self._offline}; {len(plan.missing)} of {len(plan.selected)} files are missing",
                hint="run the same command again once there is a connection",
            )
        check_output_folder(self.folder)
        check_free_space(self.folder, plan)
        with locked(self.folder / STATE_FOLDER / "download", timeout=LOCK_SECONDS):
            state = DownloadState(self.folder)
            self._check_pin(state.source(), plan.source)  # it may be younger than the plan
            state.save(plan.source)
            fetcher = Fetcher(self.origin.get(plan.source.commit), state, self._limiter)
            return Summary(plan, fetcher.fetch_all(plan.missing, jobs=jobs, progress=progress))

    def _check_pin(self, pinned: Source | None, source: Source) -> None:
        """Check that a folder does not hold another repository or commit.

        Raises
        ------
        DataError
            It does.
        """
        if pinned is None:
            return
        if pinned.repo != source.repo:
            raise DataError(
                f"{self.folder} holds a download of {pinned.repo}, not of {source.repo}",
                hint="choose another folder with --output",
            )
        if pinned.commit != source.commit:
            raise ChecksumError(
                f"{self.folder} holds {pinned.repo} at commit {pinned.commit}, not {source.commit}",
                hint=f"continue with --revision {pinned.commit}, or choose another folder with "
                "--output",
            )

    def _source(self, state: DownloadState, revision: str) -> Source:
        """Return the source of the folder; raise if the revision has moved since."""
        pinned = state.source()
        if pinned is not None and pinned.repo != self.origin.name:
            raise DataError(
                f"{self.folder} holds a download of {pinned.repo}, not of {self.origin.name}",
                hint="choose another folder with --output",
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
                f"{self.folder} holds {pinned.repo} at commit {pinned.commit}, but revision "
                f"{revision} is commit {commit}",
                hint=f"continue with --revision {pinned.commit}, or choose another folder with "
                "--output",
            )
        return pinned
