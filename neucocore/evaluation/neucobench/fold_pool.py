"""Trains folds in threads and returns their results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

T = TypeVar("T")
Progress = Callable[[str, int, int], None]
"""Called with (task, finished folds, folds)."""


class FoldPool:
    """Threads that train folds; useful for work that releases the interpreter lock.

    Parameters
    ----------
    jobs
        Number of folds trained at the same time.
    progress
        Called after each fold, in the caller's thread.
    """

    def __init__(self, jobs: int, progress: Progress | None = None) -> None:
        self._jobs = max(1, jobs)
        self._progress = progress
        self._pool = ThreadPoolExecutor(self._jobs)

    def __enter__(self) -> FoldPool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def in_order(self, task: str, count: int, calls: Iterable[Callable[[], T]]) -> Iterator[T]:
        """Yield the results of `count` calls in the order of the calls.

        A call is taken from the iterable only when a thread is nearly free, so that the arguments
        of all calls are never in memory at the same time.
        """
        for finished, result in enumerate(self._results(calls), start=1):
            if self._progress is not None:
                self._progress(task, finished, count)
            yield result

    def _results(self, calls: Iterable[Callable[[], T]]) -> Iterator[T]:
        pending: deque[Future[T]] = deque()
        for call in calls:
            pending.append(self._pool.submit(call))
            if len(pending) > 2 * self._jobs:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
