"""Fetching files: in ranges, resumed, retried, checked, several at a time."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from pathlib import Path
from threading import Lock, Thread
from typing import NamedTuple

from neucocore.data.downloads.file import DownloadState, RemoteFile
from neucocore.data.downloads.pace import RateLimiter
from neucocore.errors import ChecksumError, DataError, MissingFileError

RANGE_BYTES = 64 << 20
"""Bytes asked for at a time: what a cut connection costs at most, and memory a thread."""
ATTEMPTS = 8
ATTEMPTS_DAMAGED = 3
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
DENIED = frozenset({401, 403})
PARTIAL, WHOLE, BAD_RANGE = 206, 200, 416


class Answer(NamedTuple):
    """A server's answer."""

    status: int
    headers: Mapping[str, str]
    content: bytes


Get = Callable[[RemoteFile, Mapping[str, str]], Answer]
"""``get(file, headers)``; raises whatever its HTTP library raises when there is no answer."""

Progress = Callable[[int, int], None]
"""Called with (files done, bytes fetched)."""


class _Stopped(Exception):  # noqa: N818  not an error: another file has failed
    """The download is being given up."""


class _TryAgain(Exception):  # noqa: N818  not an error yet
    """No content this time, for a reason that may pass."""


class Fetcher:
    """Fetches the files of one download.

    Parameters
    ----------
    get
        Asks for a file or a range of it.
    state
        Where files go, and what is there already.
    pace
        When to send requests.
    range_bytes
        Bytes asked for at a time.
    """

    def __init__(
        self, get: Get, state: DownloadState, pace: RateLimiter, *, range_bytes: int = RANGE_BYTES
    ) -> None:
        self._get = get
        self._state = state
        self._pace = pace
        self._range_bytes = range_bytes
        self._lock = Lock()
        self._files = 0
        self._bytes = 0
        self._abandoned = False

    def fetch_all(
        self, files: Sequence[RemoteFile], *, jobs: int = 4, progress: Progress | None = None
    ) -> int:
        """Fetch files, several at a time; the first failure ends it, finished files stay.

        Returns
        -------
        int
            Bytes fetched.

        Raises
        ------
        DataError
            A file cannot be had; running again goes on from here.
        """
        waiting: list[Future[None]] = [Future() for _ in files]
        tasks = iter(list(zip(waiting, files, strict=True)))
        # Not a pool: its threads would hold Ctrl-C up until their ranges are there.
        threads = [
            Thread(target=self._work, args=(tasks, progress), daemon=True)
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
            self._pace.stop()
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
        self, tasks: Iterator[tuple[Future[None], RemoteFile]], progress: Progress | None
    ) -> None:
        """Fetch one file after the other, in a thread of its own."""
        while True:
            with self._lock:
                future, file = next(tasks, (None, None))
            if future is None or file is None:
                return
            if future.set_running_or_notify_cancel():
                try:
                    self._fetch(file, progress)
                except BaseException as error:  # noqa: BLE001  it is raised where it is waited for
                    future.set_exception(error)
                else:
                    future.set_result(None)

    def _fetch(self, file: RemoteFile, progress: Progress | None) -> None:
        """Fetch one file, from where an earlier run or attempt left it."""
        failures = damaged = 0
        while not self._pace.stopped:
            try:
                finished = self._next_range(file)
            except _TryAgain as reason:
                failures += 1
                if failures >= ATTEMPTS:
                    raise DataError(
                        f"{file.path} could not be fetched in {ATTEMPTS} attempts: {reason}",
                        hint="run the same command again later; it goes on where it stopped",
                    ) from None
                self._pace.back_off(failures)
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
        """Fetch the next bytes, and finish the file with its last; tell whether it is finished.

        Raises
        ------
        _TryAgain
            The server or the way to it did not give them.
        ChecksumError
            The whole file differs from its digest.
        """
        part = self._state.part(file)
        start = part.stat().st_size if part.exists() else 0
        if start < file.size:
            stop = min(start + self._range_bytes, file.size)
            answer = self._ask(file, start, stop)
            if answer.status == BAD_RANGE or len(answer.content) > file.size:
                part.unlink(missing_ok=True)
                raise _TryAgain(f"the server answered {answer.status} with too many bytes")
            # A server that ignores the range sends the file from its beginning.
            start = 0 if answer.status == WHOLE else start
            self._append(part, answer.content, start)
            if start + len(answer.content) < stop:
                raise _TryAgain("the connection was cut")
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
        self._pace.wait()
        if self._pace.stopped:
            raise _Stopped
        try:
            answer = self._get(file, headers)
        except DataError:
            raise
        except Exception as error:  # noqa: BLE001  HTTP libraries share no base class
            raise _TryAgain(f"{type(error).__name__}: {error}") from None
        if self._abandoned:
            raise _Stopped  # nobody waits any more, and the folder may be another download's
        self._pace.note(answer.status, answer.headers)
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
                    f"the disk is full at {self._state.folder}; no partial file has a final name",
                    hint="make room and run the same command again; it goes on where it stopped",
                ) from error
            raise
        with self._lock:
            self._bytes += len(content)


def check_status(path: str, status: int) -> None:
    """Pass an answer that brings content, or one for too many bytes.

    Raises
    ------
    _TryAgain
        The server may answer better later.
    DataError
        It will not.
    """
    if status in (WHOLE, PARTIAL, BAD_RANGE):
        return
    if status in TRANSIENT:
        raise _TryAgain(f"the server answered {status}")
    if status in DENIED:
        raise DataError(
            f"the server refuses {path} ({status})",
            hint="log in with the hub's own command, or set HF_TOKEN",
        )
    raise MissingFileError(f"the server has no {path} ({status})")
