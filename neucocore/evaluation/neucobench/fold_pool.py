"""Folds in threads: results in order, few waiting at any time, progress said."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

T = TypeVar("T")
Progress = Callable[[str, int, int], None]


class Folds:
    """Threads that train folds; for work that lets go of the interpreter lock.

    Parameters
    ----------
    jobs
        Folds trained at the same time.
    progress
        Called with (task, folds done, folds) in the caller's thread.
    """

    def __init__(self, jobs: int, progress: Progress | None = None) -> None:
        self._jobs = max(1, jobs)
        self._progress = progress
        self._pool = ThreadPoolExecutor(self._jobs)

    def __enter__(self) -> Folds:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def in_order(self, task: str, count: int, calls: Iterable[Callable[[], T]]) -> Iterator[T]:
        """Yield the results of `count` calls in their order.

        Calls are taken from their iterator only as threads come free, so what each call carries
        is never in memory for all of them.
        """
        for done, result in enumerate(self._results(calls), start=1):
            if self._progress is not None:
                self._progress(task, done, count)
            yield result

    def _results(self, calls: Iterable[Callable[[], T]]) -> Iterator[T]:
        pending: deque[Future[T]] = deque()
        for call in calls:
            pending.append(self._pool.submit(call))
            if len(pending) > 2 * self._jobs:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
