"""Ctrl-C and SIGTERM at random moments: every long command ends soon, and can be run again.

``benchmarks/interrupts.py`` measures the times; here 15 s are allowed. Compiled code is cached
nowhere, so that many of the moments are inside numba.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from neucocore import generate

NEUCO = [sys.executable, "-m", "neucocore"]
SECONDS = 15
ROWS, DIMENSIONS = 1500, 256
LINES = {
    signal.SIGINT: "interrupted; run the same command again to continue",
    signal.SIGTERM: "terminated; run the same command again to continue",
}
needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="looks for left processes in /proc"
)
pytestmark = needs_proc


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an Earth, embeddings of more than 2 MB, labels and a run file."""
    folder = tmp_path_factory.mktemp("inputs")
    generate("synthetic-earth", output=folder / "earth", params={"cubes": 40, "size": 32})
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(ROWS, DIMENSIONS)).astype(np.float32)
    np.savez(folder / "e.npz", ids=np.array([f"s{n}" for n in range(ROWS)]), matrix=matrix)
    (folder / "labels").mkdir()
    for task in range(3):
        values = matrix[:, task] + rng.normal(size=ROWS)
        rows = "".join(f"s{n},{value:.4f}\n" for n, value in enumerate(values))
        (folder / f"labels/t{task}__regr.csv").write_text("id,label\n" + rows)
    (folder / "run.yaml").write_text(
        "dataset: {name: synthetic-earth, path: earth}\noutput: out\n"
        "encoders: [random, {name: temporal-mosaiks, features: 32}, mean]\n"
        "protocol: [nested-cv, neucobench-2026]\n"
    )
    return folder


ENCODE = ("encode", "temporal-mosaiks", "--dataset", "synthetic-earth", "--data", "earth",
          "--set", "features=32", "--batch", "1", "-o", "out/e.npz")  # fmt: skip
EVALUATE = ("evaluate", "e.npz", "--labels", "labels", "-o", "out")
EARTH = ("data", "generate", "synthetic-earth", "-o", "out", "--set", "cubes=120")
COMMANDS: dict[str, tuple[Sequence[str], float]] = {
    "encode": (ENCODE, 5),
    "encode with 2 jobs": ((*ENCODE, "--jobs", "2"), 8),
    "encode with 4 jobs": ((*ENCODE, "--jobs", "4"), 8),
    "evaluate": ((*EVALUATE, "--protocol", "neucobench-2026"), 8),
    "evaluate with 4 jobs": ((*EVALUATE, "--protocol", "nested-cv", "--jobs", "4"), 5),
    "validate cubes with 2 jobs": (("validate", "earth", "--jobs", "2"), 3),
    "generate with 2 jobs": ((*EARTH, "--set", "jobs=2"), 5),
    "run": (("run", "run.yaml"), 8),
}
"""Commands, and how long they take on an idle machine, in seconds."""


@pytest.fixture
def start(inputs: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return a function that starts a command in a folder with the inputs."""
    for name in ("earth", "labels", "e.npz"):
        (tmp_path / name).symlink_to(inputs / name)
    shutil.copy(inputs / "run.yaml", tmp_path)  # its paths are relative to it
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "numba")}
    processes = []

    def start_now(*words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*NEUCO, *words],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        processes.append(process)
        while process.poll() is None and not has_handlers(process.pid):
            time.sleep(0.002)
        return process

    yield start_now
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def has_handlers(pid: int) -> bool:
    """Whether the process catches SIGTERM, as Python by itself does not."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("SigCgt:"):
                return bool(int(line.split()[1], 16) >> (signal.SIGTERM - 1) & 1)
    return False


def members(session: int) -> list[str]:
    """Return the processes of a session that still run."""
    left = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                left.append((stat.parent / "cmdline").read_text().replace("\0", " "))
    return left


def assert_ends(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Check exit code, output, and that no process is left, after a signal was sent."""
    _, err = process.communicate(timeout=SECONDS)
    assert process.returncode in (0, 128 + number), err  # 0: it had just finished
    if process.returncode:
        assert err.splitlines()[-1] == LINES[number]
        assert err.count(LINES[number]) == 1
    assert "Traceback" not in err
    end = time.monotonic() + SECONDS
    while (left := members(process.pid)) and time.monotonic() < end:
        time.sleep(0.05)
    assert left == []


@pytest.mark.parametrize("name", COMMANDS)
def test_fault_86_a_command_ends_at_any_moment(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, name: str
) -> None:
    words, seconds = COMMANDS[name]
    process = start(*words)
    draw = random.Random(name)
    number, moment = draw.choice([signal.SIGINT, signal.SIGTERM]), draw.uniform(0, seconds)
    with suppress(subprocess.TimeoutExpired):
        process.wait(moment)
    if process.poll() is None:
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
    assert_ends(process, number)
    temporary = [path for path in tmp_path.rglob(".neuco-*.tmp") if f"-{process.pid}-" in path.name]
    assert temporary == []
    incomplete = [
        path.parent
        for path in (tmp_path / "out").glob("*/*_20*/*")
        if not (path.parent / "results_summary.json").exists()
    ]
    assert incomplete == []


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_fault_86_work_is_kept_and_the_result_is_the_same(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, jobs: str
) -> None:
    process = start(*ENCODE, "--jobs", jobs)
    spool = tmp_path / "out/e.npz.parts"
    end = time.monotonic() + 120
    while not any(file.stat().st_size for file in spool.glob("*/*.spool")):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert_ends(process, signal.SIGINT)
    again = start(*ENCODE, "--jobs", jobs)
    _, err = again.communicate(timeout=120)
    assert again.returncode == 0
    if process.returncode:
        assert "cubes from an earlier run" in err
    complete = start(*ENCODE[:-1], "out/complete.npz")
    assert complete.wait(120) == 0
    assert (tmp_path / "out/e.npz").read_bytes() == (tmp_path / "out/complete.npz").read_bytes()


def test_fault_86_a_run_on_a_cluster_ends(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        2, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as cluster:
        process = start(*ENCODE, "--executor", "dask", "--scheduler", cluster.scheduler_address)
        spool = tmp_path / "out/e.npz.parts"
        end = time.monotonic() + 120
        while not any(file.stat().st_size for file in spool.glob("*/*.spool")):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert_ends(process, signal.SIGINT)
