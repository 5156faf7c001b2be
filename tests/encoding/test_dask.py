"""Encoding on a real dask cluster: a scheduler and workers as processes of their own."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from neucocore.encoding.plan import plan
from neucocore.encoding.run import encode
from neucocore.errors import RunError

pytest.importorskip("distributed")


def started(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + words[0], *words[1:]],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def killed(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def ended(process: subprocess.Popen[str]) -> None:
    killed(process)
    assert process.stderr is not None
    process.stderr.close()


def said(process: subprocess.Popen[str], pattern: str) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        if match := re.search(pattern, line):
            return match.group(1)
    raise AssertionError(f"{process.args} never said {pattern}")


@pytest.fixture
def scheduling() -> Iterator[subprocess.Popen[str]]:
    process = started("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    try:
        yield process
    finally:
        ended(process)


@pytest.fixture
def scheduler(scheduling: subprocess.Popen[str]) -> str:
    return said(scheduling, r"Scheduler at:\s+(tcp://\S+)")


@pytest.fixture
def workers(scheduler: str) -> Iterator[subprocess.Popen[str]]:
    process = started(
        "dask_worker", scheduler, "--nworkers", "2", "--nthreads", "1", "--no-dashboard",
        "--host", "127.0.0.1",
    )  # fmt: skip
    try:
        for _ in range(2):
            said(process, r"Registered to:\s+(\S+)")
        yield process
    finally:
        ended(process)


def test_two_workers_write_the_bytes_one_process_writes(
    cubes: Path, tmp_path: Path, scheduler: str, workers: object
) -> None:
    alone = plan("toy-centred", dataset="toy-cubes", data=cubes, out=tmp_path / "alone.npz")
    encode(alone)
    spread = plan("toy-centred", dataset="toy-cubes", data=cubes, out=tmp_path / "spread.npz")
    encode(spread, scheduler=scheduler, batch_size=1)
    assert (tmp_path / "spread.npz").read_bytes() == (tmp_path / "alone.npz").read_bytes()


def once(done: int, act: Callable[[], None]) -> Callable[[int, int, int], None]:
    """Return a progress callback that acts when so many cubes are finished, one time."""
    waiting = [act]

    def progress(finished: int, of: int, failed: int) -> None:
        if finished >= done and waiting:
            waiting.pop()()

    return progress


def test_a_scheduler_that_dies_is_named_and_the_run_can_go_on_without_it(
    cubes: Path,
    tmp_path: Path,
    scheduling: subprocess.Popen[str],
    scheduler: str,
    workers: object,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Dask's loggers do not propagate, and a traceback of theirs would fill the user's terminal.
    monkeypatch.setattr(logging.getLogger("distributed.client"), "handlers", [caplog.handler])
    request = plan("toy-slow", dataset="toy-cubes", data=cubes, out=tmp_path / "e.npz")
    with pytest.raises(RunError, match=f"the dask scheduler at {scheduler} has gone"):
        encode(
            request,
            scheduler=scheduler,
            batch_size=1,
            progress=once(3, lambda: killed(scheduling)),
        )
    assert caplog.records == []
    resumed = encode(request)
    assert resumed.resumed >= 3
    whole = plan("toy-slow", dataset="toy-cubes", data=cubes, out=tmp_path / "whole.npz")
    encode(whole)
    assert (tmp_path / "e.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


def test_a_cluster_that_loses_all_its_workers_ends_the_run_instead_of_waiting_for_ever(
    cubes: Path,
    tmp_path: Path,
    scheduler: str,
    workers: subprocess.Popen[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("neucocore.encoding.cluster.PATIENCE", 0.5)
    monkeypatch.setattr("neucocore.encoding.executors.PULSE", 0.2)
    request = plan("toy-slow", dataset="toy-cubes", data=cubes, out=tmp_path / "e.npz")
    with pytest.raises(RunError, match="has had no workers for"):
        encode(
            request, scheduler=scheduler, batch_size=1, progress=once(2, lambda: killed(workers))
        )


def test_a_scheduler_without_workers_is_named(cubes: Path, tmp_path: Path, scheduler: str) -> None:
    request = plan("toy-sums", dataset="toy-cubes", data=cubes, out=tmp_path / "e.npz")
    with pytest.raises(RunError, match="has no workers"):
        encode(request, scheduler=scheduler)


def test_a_scheduler_that_is_not_there_is_named(
    cubes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neucocore.encoding.cluster.CONNECT_TIMEOUT", "1s")
    request = plan("toy-sums", dataset="toy-cubes", data=cubes, out=tmp_path / "e.npz")
    with pytest.raises(RunError, match=r"no dask scheduler answers at tcp://127.0.0.1:9"):
        encode(request, scheduler="tcp://127.0.0.1:9")


def test_an_address_that_is_none_is_refused(cubes: Path, tmp_path: Path) -> None:
    request = plan("toy-sums", dataset="toy-cubes", data=cubes, out=tmp_path / "e.npz")
    with pytest.raises(RunError, match="no dask scheduler answers at nonsense:// "):
        encode(request, scheduler="nonsense:// ")
