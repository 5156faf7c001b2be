"""How long commands take to end after Ctrl-C or SIGTERM, at random moments.

    python benchmarks/interrupts.py [--moments N] [--only NAME] [--seed S]

Each command is started again and again in a session of its own and gets a signal at a random moment
after it has installed its handlers. Printed per command: the longest and the median time from the
signal to the end, and what went wrong: another exit code, more than one line, a traceback, child
processes that are left. The compiled code is cached nowhere, so many moments are inside numba.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from neucocore import generate

NEUCO = [sys.executable, "-m", "neucocore"]
CUBES, SIZE = 60, 64
ROWS, DIMENSIONS = 4000, 512
LINES = {
    signal.SIGINT: "interrupted; run the same command again to continue",
    signal.SIGTERM: "terminated; run the same command again to continue",
}


@dataclass
class Case:
    """A command, and how long it takes without a signal, in seconds."""

    name: str
    words: Sequence[str]
    seconds: float
    output: str = "out"
    problems: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)


def prepare(folder: Path) -> None:
    """Write cubes, embeddings, labels and a run file."""
    rng = np.random.default_rng(0)
    generate("synthetic-earth", output=folder / "earth", params={"cubes": CUBES, "size": SIZE})
    matrix = rng.normal(size=(ROWS, DIMENSIONS)).astype(np.float32)
    ids = [f"s{number}" for number in range(ROWS)]
    with (folder / "e.csv").open("w") as file:
        file.write("id," + ",".join(map(str, range(DIMENSIONS))) + "\n")
        for name, row in zip(ids, matrix, strict=True):
            file.write(name + "," + ",".join(f"{value:.6g}" for value in row) + "\n")
    (folder / "labels").mkdir()
    for task in range(3):
        values = matrix[:, task] + rng.normal(size=ROWS)
        lines = [f"{name},{value:.4f}" for name, value in zip(ids, values, strict=True)]
        (folder / f"labels/t{task}__regr.csv").write_text("id,label\n" + "\n".join(lines) + "\n")
        lines = [f"{name},{int(value > 0)}" for name, value in zip(ids, values, strict=True)]
        (folder / f"labels/c{task}__cls.csv").write_text("id,label\n" + "\n".join(lines) + "\n")
    (folder / "run.yaml").write_text(
        "dataset: {name: synthetic-earth, path: earth}\noutput: out\n"
        "encoders: [random, {name: temporal-mosaiks, features: 64}, mean]\n"
        "protocol: [nested-cv, neucobench-2026]\n"
    )


def cases(scheduler: str) -> Iterator[Case]:
    """Yield the long commands, with several numbers of jobs."""
    encode = ["encode", "temporal-mosaiks", "--dataset", "synthetic-earth", "--data", "earth"]
    encode += ["--set", "features=64", "--batch", "1", "-o", "out/e.npz"]
    evaluate = ["evaluate", "e.csv", "--labels", "labels", "-o", "out"]
    earth = ["data", "generate", "synthetic-earth", "-o", "out", "--set", "cubes=200"]
    for jobs in ("1", "2", "4"):
        yield Case(f"encode, {jobs} jobs", [*encode, "--jobs", jobs], 10)
        for protocol in ("nested-cv", "neucobench-2026", "svm"):
            words = [*evaluate, "--protocol", protocol, "--jobs", jobs]
            yield Case(f"evaluate {protocol}, {jobs} jobs", words, 15)
        yield Case(f"validate cubes, {jobs} jobs", ["validate", "earth", "--jobs", jobs], 4)
        yield Case(f"generate, {jobs} jobs", [*earth, "--set", f"jobs={jobs}"], 8)
    words = [*encode, "--executor", "dask", "--scheduler", scheduler]
    yield Case("encode, dask", words, 10)
    yield Case("run", ["run", "run.yaml"], 12)
    yield Case("convert", ["convert", "e.csv", "out/e.parquet"], 3)
    yield Case("validate embeddings", ["validate", "e.csv", "--labels", "labels"], 5)
    yield Case("leaderboard of nothing", ["leaderboard", "labels"], 0.5)


@contextlib.contextmanager
def dask_cluster() -> Iterator[str]:
    """Start a scheduler and two workers on this machine."""
    from distributed import LocalCluster

    with LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster.scheduler_address


def interrupt(case: Case, folder: Path, draw: random.Random) -> None:
    """Run the case once and interrupt it."""
    subprocess.run(["rm", "-rf", "out", "numba"], cwd=folder, check=True)
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder / "numba")}
    number = draw.choice([signal.SIGINT, signal.SIGTERM])
    to_group = number == signal.SIGINT and draw.random() < 0.5
    moment = draw.uniform(0, case.seconds)
    process = subprocess.Popen(
        [*NEUCO, *case.words],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    while process.poll() is None and not _has_handlers(process.pid):
        time.sleep(0.002)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(moment)
    if process.poll() is not None:
        process.communicate()
        return  # it was finished
    sent = time.perf_counter()
    (os.killpg if to_group else os.kill)(process.pid, number)
    _, printed = process.communicate()
    seconds = time.perf_counter() - sent
    if process.returncode == 0:
        return  # the command was just finished
    case.times.append(seconds)
    about = f"{number.name}{' to the group' if to_group else ''} after {moment:.2f} s"
    if process.returncode != 128 + number:
        case.problems.append(f"{about}: exit code {process.returncode}")
    lines = printed.splitlines()
    if "Traceback" in printed or lines[-1:] != [LINES[number]] or lines.count(LINES[number]) != 1:
        case.problems.append(f"{about}: ended with {lines[-3:]}")
    if seconds > 2:
        case.problems.append(f"{about}: took {seconds:.1f} s")
    time.sleep(0.3)
    if left := _session(process.pid):
        case.problems.append(f"{about}: left {left}")
        os.killpg(process.pid, signal.SIGKILL)


def _has_handlers(pid: int) -> bool:
    """Whether the process catches SIGTERM, as Python by itself does not."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("SigCgt:"):
                return bool(int(line.split()[1], 16) >> (signal.SIGTERM - 1) & 1)
    return False


def _session(session: int) -> list[str]:
    """Return the running processes of a session."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append((stat.parent / "cmdline").read_text().replace("\0", " ")[:120])
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as name, dask_cluster() as scheduler:
        folder = Path(name)
        prepare(folder)
        for case in cases(scheduler):
            if arguments.only not in case.name:
                continue
            for _ in range(arguments.moments):
                interrupt(case, folder, draw)
            longest = max(case.times, default=0)
            median = statistics.median(case.times) if case.times else 0
            print(
                f"{case.name:32} {len(case.times):3} signals, median {median:.2f} s, "
                f"longest {longest:.2f} s, {len(case.problems)} problems",
                flush=True,
            )
            for problem in case.problems:
                print(f"    {problem}", flush=True)


if __name__ == "__main__":
    main()
