"""A repository on the Hugging Face hub as the origin of a download."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

from neucocore.components.specs import HubSource
from neucocore.data.downloads.fetching import ATTEMPTS, TRANSIENT, Answer, Get
from neucocore.data.downloads.rate_limiter import RateLimiter
from neucocore.data.downloads.remote import GIT_SHA1, SHA256, RemoteFile, Source
from neucocore.errors import ComponentLoadError, DataError, MissingFileError

T = TypeVar("T")

ATTEMPTS_OFFLINE = 3
"""Attempts without any answer after which the hub is considered unreachable."""

COMMIT = re.compile(r"[0-9a-f]{40}")
TIMEOUT = 60.0
"""Seconds without a byte after which a connection is considered lost."""


class UnreachableError(DataError):
    """The hub does not answer."""


def is_commit(revision: str) -> bool:
    """Whether a revision is a full commit hash, which never moves."""
    return COMMIT.fullmatch(revision) is not None


def hub_library(module: str = "") -> ModuleType:
    """Import huggingface_hub, an optional dependency, or a module of it.

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
    """Send one request through the library's session, with its proxies and certificates."""
    session = hub_library(".utils").get_session()
    answer = session.get(url, headers=dict(headers), timeout=TIMEOUT)
    return Answer(answer.status_code, answer.headers, answer.content)


class Hub:
    """A repository on the hub, as the origin of a download.

    Parameters
    ----------
    repo
        The repository.
    limiter
        Delays requests as the server asks.
    endpoint
        Base URL; by default ``HF_ENDPOINT``, else the public hub.

    Raises
    ------
    ComponentLoadError
        huggingface_hub is not installed.
    """

    def __init__(self, repo: HubSource, limiter: RateLimiter, endpoint: str | None = None) -> None:
        self.name = repo.repo
        self.revision = repo.revision
        self._kind = repo.repo_type
        self._library = hub_library()
        self._endpoint = endpoint or os.environ.get("HF_ENDPOINT")
        self._limiter = limiter

    def commit(self, revision: str) -> str:
        """Return the commit of a revision.

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
        info = self._retried(
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

        entries = self._retried(listing, f"{self.name} at {commit}")
        files = tuple(
            RemoteFile(entry.path, entry.size, _digest(entry))
            for entry in entries
            if hasattr(entry, "blob_id")
        )
        return Source(self.name, commit, files)

    def get(self, commit: str) -> Get:
        """Return the function that fetches files of a commit, with the user's token if set."""
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

    def _retried(self, call: Callable[[], T], what: str) -> T:
        """Call the hub's API; retry while it fails for temporary reasons."""
        errors = hub_library(".errors")
        reason = ""
        for failures in range(1, ATTEMPTS + 1):
            self._limiter.wait()
            try:
                return call()
            except errors.OfflineModeIsEnabled:
                reason = "offline mode is on (HF_HUB_OFFLINE)"
                break
            except errors.HfHubHTTPError as error:
                answer = error.response
                if answer.status_code not in TRANSIENT:
                    raise MissingFileError(
                        f"the hub has no {what}, or denies access to it ({answer.status_code})",
                        hint="check the name and --revision; for gated data set HF_TOKEN",
                    ) from error
                self._limiter.note(answer.status_code, answer.headers)
                reason = f"the hub answered {answer.status_code}"
            except Exception as error:  # noqa: BLE001  HTTP libraries share no base class
                reason = f"{type(error).__name__}: {error}"
                if failures >= ATTEMPTS_OFFLINE:
                    break
            self._limiter.back_off(failures)
        raise UnreachableError(
            f"the hub cannot be reached for {what}: {reason}",
            hint="check the connection, HF_ENDPOINT and HF_HUB_OFFLINE, and run the command again",
        )


def _digest(entry: Any) -> str:
    if entry.lfs is not None:
        return f"{SHA256}:{entry.lfs.sha256}"
    return f"{GIT_SHA1}:{entry.blob_id}"
