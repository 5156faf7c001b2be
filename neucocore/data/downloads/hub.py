"""What a repository on the Hugging Face hub holds, and how its files are asked for."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

from neucocore.components.specs import HubSource
from neucocore.data.downloads.fetching import ATTEMPTS, TRANSIENT, Answer, Get
from neucocore.data.downloads.file import GIT_SHA1, SHA256, RemoteFile, Source
from neucocore.data.downloads.pace import RateLimiter
from neucocore.errors import ComponentLoadError, DataError, MissingFileError

T = TypeVar("T")

ATTEMPTS_OFFLINE = 3
"""Tries without any answer after which the hub counts as out of reach."""

COMMIT = re.compile(r"[0-9a-f]{40}")
TIMEOUT = 60.0
"""Seconds without a byte after which a connection counts as cut."""


class UnreachableError(DataError):
    """The hub gives no answer."""


def is_commit(revision: str) -> bool:
    """Tell whether a revision is a full commit, which never moves."""
    return COMMIT.fullmatch(revision) is not None


def hub_library(module: str = "") -> ModuleType:
    """Import huggingface_hub, which is an extra, or a module of it.

    Raises
    ------
    ComponentLoadError
        It is not installed.
    """
    try:
        return import_module(f"huggingface_hub{module}")
    except ImportError as error:
        raise ComponentLoadError(
            f"downloads need huggingface_hub: {error}", hint="pip install 'neucocore[hub]'"
        ) from error


def session_get(url: str, headers: Mapping[str, str]) -> Answer:
    """Send one request through the library's session: its proxies, its certificates."""
    session = hub_library(".utils").get_session()
    answer = session.get(url, headers=dict(headers), timeout=TIMEOUT)
    return Answer(answer.status_code, answer.headers, answer.content)


class Hub:
    """A repository on the hub, as the origin of a download.

    Parameters
    ----------
    repo
        The repository.
    pace
        When requests may be sent.
    endpoint
        Base address; by default that of ``HF_ENDPOINT``, else the public hub's.

    Raises
    ------
    ComponentLoadError
        huggingface_hub is not installed.
    """

    def __init__(self, repo: HubSource, pace: RateLimiter, endpoint: str | None = None) -> None:
        self.name = repo.repo
        self.revision = repo.revision
        self._kind = repo.repo_type
        self._library = hub_library()
        self._endpoint = endpoint or os.environ.get("HF_ENDPOINT")
        self._pace = pace

    def commit(self, revision: str) -> str:
        """Return the commit a revision stands for.

        Raises
        ------
        MissingFileError
            No such repository or revision.
        UnreachableError
            The hub cannot be reached.
        """
        if is_commit(revision):
            return revision
        api = self._library.HfApi(endpoint=self._endpoint)
        info = self._asked(
            lambda: api.repo_info(self.name, repo_type=self._kind, revision=revision),
            f"{self.name} at {revision}",
        )
        return str(info.sha)

    def source(self, commit: str) -> Source:
        """Return all files of a repository at a commit.

        Raises
        ------
        MissingFileError, UnreachableError
            As for `commit`.
        """
        api = self._library.HfApi(endpoint=self._endpoint)

        def listing() -> list[Any]:
            tree = api.list_repo_tree(
                self.name, recursive=True, revision=commit, repo_type=self._kind
            )
            return list(tree)

        entries = self._asked(listing, f"{self.name} at {commit}")
        files = tuple(
            RemoteFile(entry.path, entry.size, _digest(entry))
            for entry in entries
            if hasattr(entry, "blob_id")
        )
        return Source(self.name, commit, files)

    def get(self, commit: str) -> Get:
        """Return what fetches files of a commit, with the user's token if there is one."""
        headers = hub_library(".utils").build_hf_headers()

        def get(file: RemoteFile, extra: Mapping[str, str]) -> Answer:
            url = self._library.hf_hub_url(
                self.name,
                file.path,
                repo_type=self._kind,
                revision=commit,
                endpoint=self._endpoint,
            )
            return session_get(url, {**headers, **extra})

        return get

    def _asked(self, ask: Callable[[], T], what: str) -> T:
        """Ask the hub's API, again and again while it has passing troubles."""
        errors = hub_library(".errors")
        reason = ""
        for failures in range(1, ATTEMPTS + 1):
            self._pace.wait()
            try:
                return ask()
            except errors.OfflineModeIsEnabled:
                reason = "offline mode is on (HF_HUB_OFFLINE)"
                break
            except errors.HfHubHTTPError as error:
                answer = error.response
                if answer.status_code not in TRANSIENT:
                    raise MissingFileError(
                        f"the hub does not give {what} ({answer.status_code})",
                        hint="check the name and the revision; log in if the data are gated",
                    ) from error
                self._pace.note(answer.status_code, answer.headers)
                reason = f"the hub answered {answer.status_code}"
            except Exception as error:  # noqa: BLE001  HTTP libraries share no base class
                reason = f"{type(error).__name__}: {error}"
                if failures >= ATTEMPTS_OFFLINE:
                    break
            self._pace.back_off(failures)
        raise UnreachableError(f"the hub cannot be asked for {what}: {reason}")


def _digest(entry: Any) -> str:
    if entry.lfs is not None:
        return f"{SHA256}:{entry.lfs.sha256}"
    return f"{GIT_SHA1}:{entry.blob_id}"
