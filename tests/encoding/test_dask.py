"""Encoding on a dask cluster whose scheduler and workers run as separate processes."""

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

from neucocore.encoding.report import EncodeReport
from neucocore.encoding.request import EncodeRequest
from neucocore.encoding.run import encode
from neucocore.errors import RunError

pytest.importorskip("distributed")


def start(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + words[0], *words[1:]],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def kill(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def end(process: subprocess.Popen[str]) -> None:
    kill(process)
    assert process.stderr is not None
    process.stderr.close()


def wait_for_output(process: subprocess.Popen[str], pattern: str) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        if match := re.search(pattern, line):
            return match.group(1)
    raise AssertionError(f"{process.args} never printed {pattern}")


@pytest.fixture
def scheduler_process() -> Iterator[subprocess.Popen[str]]:
    process = start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    try:
        yield process
    finally:
        end(process)


@pytest.fixture
def scheduler(scheduler_process: subprocess.Popen[str]) -> str:
    return wait_for_output(scheduler_process, r"Scheduler at:\s+(tcp://\S+)")


@pytest.fixture
def workers(scheduler: str) -> Iterator[subprocess.Popen[str]]:
    process = start(
        "dask_worker", scheduler, "--nworkers", "2", "--nthreads", "1", "--no-dashboard",
        "--host", "127.0.0.1",
    )  # fmt: skip
    try:
        for _ in range(2):
            wait_for_output(process, r"Registered to:\s+(\S+)")
        yield process
    finally:
        end(process)


def test_two_workers_write_the_same_bytes_as_one_process(
    run: Callable[..., EncodeReport], scheduler: str, workers: object
) -> None:
    local = run("local.npz", "toy-centred").path
    on_cluster = run(
        "cluster.npz", "toy-centred", executor="dask", scheduler=scheduler, batch=1
    ).path
    assert on_cluster.read_bytes() == local.read_bytes()


def once(at: int, act: Callable[[], None]) -> Callable[[int, int, int], None]:
    """Return a progress callback that acts once, when `at` cubes are finished."""
    actions = [act]

    def progress(done: int, of: int, failed: int) -> None:
        if done >= at and actions:
            actions.pop()()

    return progress


@pytest.fixture
def on_dask(planned: Callable[..., EncodeRequest]) -> Callable[..., EncodeRequest]:
    def make(scheduler: str, encoder: str = "toy-sums") -> EncodeRequest:
        return planned("e.npz", encoder, executor="dask", scheduler=scheduler, batch=1)

    return make


def test_a_lost_scheduler_is_reported_and_the_run_can_continue_without_it(
    on_dask: Callable[..., EncodeRequest],
    run: Callable[..., EncodeReport],
    scheduler_process: subprocess.Popen[str],
    scheduler: str,
    workers: object,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # dask's loggers do not propagate; their tracebacks would fill the user's terminal.
    monkeypatch.setattr(logging.getLogger("distributed.client"), "handlers", [caplog.handler])
    message = f"lost the connection to the dask scheduler at {scheduler}"
    with pytest.raises(RunError, match=message):
        encode(on_dask(scheduler, "toy-slow"), progress=once(3, lambda: kill(scheduler_process)))
    assert caplog.records == []
    resumed = run("e.npz", "toy-slow")
    assert resumed.resumed >= 3
    complete = run("complete.npz", "toy-slow")
    assert resumed.path.read_bytes() == complete.path.read_bytes()


def test_a_cluster_that_loses_all_its_workers_ends_the_run(
    on_dask: Callable[..., EncodeRequest],
    scheduler: str,
    workers: subprocess.Popen[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("neucocore.encoding.cluster.WORKER_TIMEOUT", 0.5)
    monkeypatch.setattr("neucocore.encoding.executors.CHECK_INTERVAL", 0.2)
    with pytest.raises(RunError, match="has had no workers for"):
        encode(on_dask(scheduler, "toy-slow"), progress=once(2, lambda: kill(workers)))


def test_a_scheduler_without_workers_is_an_error(
    on_dask: Callable[..., EncodeRequest], scheduler: str
) -> None:
    with pytest.raises(RunError, match="has no workers"):
        encode(on_dask(scheduler))


def test_an_address_without_a_scheduler_is_an_error(
    on_dask: Callable[..., EncodeRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neucocore.encoding.cluster.CONNECT_TIMEOUT", "1s")
    with pytest.raises(RunError, match=r"no dask scheduler answers at tcp://127.0.0.1:9"):
        encode(on_dask("tcp://127.0.0.1:9"))


def test_an_invalid_address_is_an_error(on_dask: Callable[..., EncodeRequest]) -> None:
    with pytest.raises(RunError, match="no dask scheduler answers at nonsense:// "):
        encode(on_dask("nonsense:// "))


def test_fault_87_workers_in_another_folder_read_what_the_client_means(
    run: Callable[..., EncodeReport],
    scheduler: str,
    workers: object,
    cubes: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(cubes.parent)  # the workers were started in another folder
    options = {"executor": "dask", "scheduler": scheduler, "data": Path(cubes.name)}
    assert run("cluster.npz", "toy-centred", **options).rows == 12
