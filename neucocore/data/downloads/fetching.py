"""Fetching several files at a time: in ranges, resumed, retried and checked."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from pathlib import Path
from threading import Lock, Thread
from typing import NamedTuple

from neucocore.data.downloads.rate_limiter import RateLimiter
from neucocore.data.downloads.remote import RemoteFile
from neucocore.data.downloads.state import DownloadState
from neucocore.errors import ChecksumError, DataError, MissingFileError

RANGE_BYTES = 64 << 20
"""Bytes per request: what a lost connection costs at most, and memory per thread."""
ATTEMPTS = 8
ATTEMPTS_DAMAGED = 3
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
DENIED = frozenset({401, 403})
PARTIAL, COMPLETE, BAD_RANGE = 206, 200, 416


class Answer(NamedTuple):
    """A server's answer."""

    status: int
    headers: Mapping[str, str]
    content: bytes


Get = Callable[[RemoteFile, Mapping[str, str]], Answer]
"""``get(file, headers)``; without an answer it raises what its HTTP library raises."""

Progress = Callable[[int, int], None]
"""Called with (files done, bytes fetched)."""


class _Stopped(Exception):  # noqa: N818  not an error: another file has failed
    """The download was stopped."""


class _TryAgain(Exception):  # noqa: N818  not an error yet
    """A request failed for a temporary reason."""


class Fetcher:
    """Fetches the files of one download.

    Parameters
    ----------
    get
        Requests a file or a range of it.
    state
        The state of the download's folder.
    limiter
        Delays requests as the server asks.
    range_bytes
        Bytes per request.
    """

    def __init__(
        self,
        get: Get,
        state: DownloadState,
        limiter: RateLimiter,
        *,
        range_bytes: int = RANGE_BYTES,
    ) -> None:
        self._get = get
        self._state = state
        self._limiter = limiter
        self._range_bytes = range_bytes
        self._lock = Lock()
        self._files = 0
        self._bytes = 0
        self._abandoned = False

    def fetch_all(
        self, files: Sequence[RemoteFile], *, jobs: int = 4, progress: Progress | None = None
    ) -> int:
        """Fetch files, several at a time; the first failure ends it, and finished files stay.

        Parameters
        ----------
        files
            What to fetch.
        jobs
            Files fetched at a time.
        progress
            Called after each file.

        Returns
        -------
        int
            Bytes fetched.

        Raises
        ------
        DataError
            A file cannot be fetched; the next run continues from here.
        """
        waiting: list[Future[None]] = [Future() for _ in files]
        queue = iter(list(zip(waiting, files, strict=True)))
        # Not a pool: Ctrl-C would have to wait until its threads have their ranges.
        threads = [
            Thread(target=self._work, args=(queue, progress), daemon=True)
            for _ in range(min(max(1, jobs), len(files)))
        ]
        for thread in threads:
            thread.start()
        try:
            wait(waiting, return_when=FIRST_EXCEPTION)
        except BaseException:
            self._abandoned = True
            raise
        finally:
            self._limiter.stop()
            for future in waiting:
                future.cancel()
        for thread in threads:
            thread.join()
        for future in waiting:
            error = None if future.cancelled() else future.exception()
            if error is not None and not isinstance(error, _Stopped):
                raise error
        return self._bytes

    def _work(
        self, queue: Iterator[tuple[Future[None], RemoteFile]], progress: Progress | None
    ) -> None:
        """Fetch one file after the other; the body of a thread."""
        while True:
            with self._lock:
                future, file = next(queue, (None, None))
            if future is None or file is None:
                return
            if future.set_running_or_notify_cancel():
                try:
                    self._fetch(file, progress)
                except BaseException as error:  # noqa: BLE001  raised by fetch_all
                    future.set_exception(error)
                else:
                    future.set_result(None)

    def _fetch(self, file: RemoteFile, progress: Progress | None) -> None:
        """Fetch one file, continuing where an earlier run or attempt stopped."""
        failures = damaged = 0
        while not self._limiter.stopped:
            try:
                finished = self._next_range(file)
            except _TryAgain as reason:
                failures += 1
                if failures >= ATTEMPTS:
                    raise DataError(
                        f"{file.path} could not be downloaded in {ATTEMPTS} attempts: {reason}",
                        hint="run the same command again later; it continues where it stopped",
                    ) from None
                self._limiter.back_off(failures)
                continue
            except ChecksumError:
                damaged += 1
                if damaged >= ATTEMPTS_DAMAGED:
                    raise
                continue
            failures = 0
            if finished:
                with self._lock:
                    self._files += 1
                    if progress is not None:
                        progress(self._files, self._bytes)
                return
        raise _Stopped

    def _next_range(self, file: RemoteFile) -> bool:
        """Fetch the next range of a file; return True once the file is complete and checked.

        Raises
        ------
        _TryAgain
            The request failed for a temporary reason.
        ChecksumError
            The complete file does not match its digest.
        """
        part = self._state.part(file)
        start = part.stat().st_size if part.exists() else 0
        if start < file.size:
            stop = min(start + self._range_bytes, file.size)
            answer = self._ask(file, start, stop)
            if answer.status == BAD_RANGE or len(answer.content) > file.size:
                part.unlink(missing_ok=True)
                raise _TryAgain(f"the server answered {answer.status}, with too many bytes")
            # A server that ignores the range sends the file from its beginning.
            start = 0 if answer.status == COMPLETE else start
            self._append(part, answer.content, start)
            if start + len(answer.content) < stop:
                raise _TryAgain("the connection was lost")
        elif not file.size:
            self._append(part, b"", 0)
        if part.stat().st_size < file.size:
            return False
        self._state.finish(file)
        return True

    def _ask(self, file: RemoteFile, start: int, stop: int) -> Answer:
        headers = {"Accept-Encoding": "identity"}
        if (start, stop) != (0, file.size):
            headers["Range"] = f"bytes={start}-{stop - 1}"
        self._limiter.wait()
        if self._limiter.stopped:
            raise _Stopped
        try:
            answer = self._get(file, headers)
        except DataError:
            raise
        except Exception as error:  # noqa: BLE001  HTTP libraries share no base class
            raise _TryAgain(f"{type(error).__name__}: {error}") from None
        if self._abandoned:
            raise _Stopped  # fetch_all has ended, another download may use the folder
        self._limiter.note(answer.status, answer.headers)
        check_status(file.path, answer.status)
        return answer

    def _append(self, part: Path, content: bytes, start: int) -> None:
        part.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("r+b" if start else "wb") as file:
                file.seek(start)
                file.write(content)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DataError(
                    f"the disk is full at {self._state.folder}; {part.name} is incomplete",
                    hint="free disk space and run the same command again; it continues where it "
                    "stopped",
                ) from error
            raise
        with self._lock:
            self._bytes += len(content)


def check_status(path: str, status: int) -> None:
    """Raise for an answer without content.

    Raises
    ------
    _TryAgain
        The same request may succeed later.
    DataError
        It will not succeed.
    """
    if status in (COMPLETE, PARTIAL, BAD_RANGE):
        return
    if status in TRANSIENT:
        raise _TryAgain(f"the server answered {status}")
    if status in DENIED:
        raise DataError(
            f"the server denies access to {path} ({status})",
            hint="set HF_TOKEN to a token with access; gated data need its terms accepted",
        )
    raise MissingFileError(
        f"the server has no file {path} ({status})",
        hint="check --revision; the file may have been removed from the repository",
    )
