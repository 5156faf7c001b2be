"""What the program computes today, recorded so that a later change can be held against it.

    python tests/golden/results.py                    compare with expected.json, to the last bit
    python tests/golden/results.py --record           write expected.json

Scores are recorded with all their digits, arrays with their digest and a few of their numbers,
commands with exit code and the parts of their JSON that are not prose. ``test_golden.py`` compares
with a tolerance, since another processor may round a product of matrices differently.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
EXPECTED = HERE / "expected.json"
REFERENCE = HERE.parent / "fixtures" / "reference"
PROTOCOLS = ("nested-cv", "neucobench-2026", "neucobench-2025", "svm")
CUBES, SIZE = 60, 32
ENCODERS: dict[str, dict[str, str]] = {
    "random": {"dimension": "24"},
    "constant": {},
    "mean": {},
    "temporal-mosaiks": {"features": "48"},
    "band-statistics": {},
    "band-covariance": {},
    "cosines": {},
    "thumbnails-pca": {"side": "4"},
    "wavelet-energies": {},
}
PROSE = {
    "exclusions",
    "known_issues",
    "summary",
    "reason",
    "help",
    "warnings",
    "text",
    "message",
    "hint",
    "license",
    "citation",
}
VOLATILE = {
    "seconds",
    "started",
    "file",
    "path",
    "folder",
    "origin",
    "software",
    "machine",
    "experiment",
    "key",
    "detail",
    "code",
    "version",
    "distribution",
    "plugin",
    "run",
    "factory",
    "costs",
    "sources",
    "sha256",
}


class Program:
    """The installed ``neuco``, run in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "neucocore", *arguments]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def ok(self, *arguments: str) -> str:
        done = self(*arguments)
        if done.returncode:
            raise RuntimeError(
                f"neuco {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}"
            )
        return done.stdout


def array_record(array: np.ndarray) -> dict[str, Any]:
    """Return shape, type and digest of an array, and numbers that bear a tolerance."""
    flat = np.ascontiguousarray(array)
    record: dict[str, Any] = {
        "shape": list(array.shape),
        "dtype": str(array.dtype),
        "sha256": hashlib.sha256(flat.tobytes()).hexdigest(),
    }
    if array.dtype.kind in "fiu" and array.size:
        values = flat.astype(np.float64).reshape(-1)
        record["numbers"] = [float(values.mean()), float(values.std()), *map(float, values[:5])]
    return record


def npz_record(path: Path) -> dict[str, Any]:
    """Return the members of an npz archive and their arrays."""
    with np.load(path, allow_pickle=False) as archive:
        names = [name for name in sorted(archive.files) if name != "metadata"]  # holds code digests
        return {name: array_record(archive[name]) for name in names}


def plain(value: Any) -> Any:
    """Return JSON without prose and without what differs from run to run."""
    if isinstance(value, Mapping):
        dropped = PROSE | VOLATILE
        return {name: plain(item) for name, item in sorted(value.items()) if name not in dropped}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def scores_of(run: Path) -> dict[str, Any]:
    """Return every number of a run folder: summary, tasks, splits, held-out predictions."""
    rows = [json.loads(line) for line in (run / "scores.jsonl").read_text().splitlines()]
    kept = ("task", "metric", "split", "score", "status")
    found: dict[str, Any] = {
        "summary": {
            name: value
            for name, value in json.loads((run / "results_summary.json").read_text()).items()
            if name.startswith("task")
        },
        "scores": [{name: row.get(name) for name in kept} for row in rows],
    }
    for file in sorted(run.rglob("*.npz")):
        if file.name == "influence.npz":  # follows from the predictions
            continue
        found[f"file {file.relative_to(run)}"] = npz_record(file)
    return found


def the_run(folder: Path) -> Path:
    (summary,) = folder.glob("*/*/results_summary.json")
    return summary.parent


def reference_cases(neuco: Program) -> Iterator[tuple[str, Any]]:
    """Every number of the reference implementation's cases, under its own configurations."""
    source = REFERENCE / "evaluation"
    for config in sorted(source.glob("*.config.yaml")):
        name = config.name.partition(".")[0]
        neuco.ok(
            "evaluate",
            str(source / "embeddings.csv"),
            "--labels",
            str(source / "labels"),
            "--config",
            str(config),
            "--output",
            f"reference-{name}",
        )
        yield f"reference {name}", scores_of(the_run(neuco.folder / f"reference-{name}"))


def leaderboard_cases(neuco: Program) -> Iterator[tuple[str, Any]]:
    runs = str(REFERENCE / "leaderboard" / "runs")
    for by in ("weighted", "uniform", "borda", "mean"):
        yield (
            f"leaderboard {by}",
            json.loads(neuco.ok("leaderboard", runs, "--by", by, "--format", "json")),
        )


def earth_cases(neuco: Program) -> Iterator[tuple[str, Any]]:
    """A small synthetic Earth: its cubes and labels, embeddings of it, and their scores."""
    folder = neuco.folder
    neuco.ok(
        *("data", "generate", "synthetic-earth", "--output", "earth", "--set", f"cubes={CUBES}"),
        *("--set", f"size={SIZE}", "--set", "seed=3"),
    )
    first = sorted((folder / "earth" / "data").rglob("*.zarr.zip"))[:3]
    for file in first:
        with zipfile.ZipFile(file) as archive:
            yield (
                f"cube {file.parts[-3]}",
                {
                    name: hashlib.sha256(archive.read(name)).hexdigest()
                    for name in sorted(archive.namelist())
                },
            )
    for file in sorted((folder / "earth" / "labels").glob("*.csv")):
        yield f"labels {file.stem}", hashlib.sha256(file.read_bytes()).hexdigest()
    for name, settings in ENCODERS.items():
        changed = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
        neuco.ok(
            *("encode", name, "--dataset", "synthetic-earth", "--data", "earth"),
            *("--output", f"{name}.npz", *changed),
        )
        yield f"embeddings {name}", npz_record(folder / f"{name}.npz")
    for protocol in PROTOCOLS:
        tasks = ("--tasks", "biomass-mean,clouds-cover,landcover-*") if protocol == "svm" else ()
        for name in ("mean", "temporal-mosaiks", "random"):
            output = f"runs-{protocol}-{name}"
            neuco.ok(
                *("evaluate", f"{name}.npz", "--labels", "earth/labels", "--output", output),
                *("--protocol", protocol, "--jobs", "2", *tasks),
            )
            yield f"scores {protocol} {name}", scores_of(the_run(folder / output))
    groups = [
        "id,place",
        *(
            f"{line.split(',')[0]},{index % 12}"
            for index, line in enumerate(
                (folder / "earth" / "locations.csv").read_text().splitlines()[1:]
            )
        ),
    ]
    (folder / "groups.csv").write_text("\n".join(groups) + "\n")
    variants = {
        "groups": ("--split", "group:groups.csv:place"),
        "knn": ("--probe", "knn"),
        "mae": ("--metric", "mae", "--tasks", "biomass-*"),
    }
    for name, options in variants.items():
        neuco.ok(
            *("evaluate", "mean.npz", "--labels", "earth/labels", "--output", f"runs-{name}"),
            *options,
        )
        yield f"scores {name}", scores_of(the_run(folder / f"runs-{name}"))


COMMANDS: dict[str, tuple[str, ...]] = {
    "list": ("list", "--json"),
    "list datasets": ("list", "datasets", "--json"),
    "list protocols": ("list", "protocols", "--json"),
    "info task": ("info", "landcover-forest", "--json"),
    "info protocol": ("info", "nested-cv", "--json"),
    "info encoder": ("info", "mean", "--json"),
    "plugins list": ("plugins", "list", "--json"),
    "plugins search": ("plugins", "search", "ship", "--json"),
    "plugins freeze": ("plugins", "freeze"),
    "inspect embeddings": ("inspect", "mean.npz", "--json"),
    "inspect run": ("inspect", "runs-nested-cv-mean", "--json"),
    "validate": ("validate", "mean.npz", "--labels", "earth/labels", "--json"),
    "validate cubes": ("validate", "earth", "--json"),
    "convert": ("convert", "mean.npz", "copy.parquet"),
    "convert again": ("convert", "mean.npz", "copy.parquet"),
    "inspect converted": ("inspect", "copy.parquet", "--json"),
    "tasks stats": (
        "tasks",
        "stats",
        "--labels",
        "earth/labels",
        "--dataset",
        "synthetic-earth",
        "--output",
        "stats.json",
        "--json",
    ),
    "leaderboard": ("leaderboard", "runs-nested-cv-mean", "--format", "json"),
    "leaderboard csv": ("leaderboard", "runs-nested-cv-mean", "--format", "csv"),
}
WRONG: dict[str, tuple[str, ...]] = {
    "no command": ("nonsense",),
    "no option": ("evaluate", "mean.npz", "--labels", "earth/labels", "--nonsense"),
    "no file": ("evaluate", "absent.csv", "--labels", "earth/labels"),
    "no labels": ("evaluate", "mean.npz", "--labels", "absent"),
    "no protocol": ("evaluate", "mean.npz", "--labels", "earth/labels", "--protocol", "absent"),
    "no task": ("evaluate", "mean.npz", "--labels", "earth/labels", "--tasks", "absent"),
    "no encoder": (
        "encode",
        "absent",
        "--dataset",
        "synthetic-earth",
        "--data",
        "earth",
        "--output",
        "x.npz",
    ),
    "no parameter": (
        "encode",
        "mean",
        "--dataset",
        "synthetic-earth",
        "--data",
        "earth",
        "--output",
        "x.npz",
        "--set",
        "absent=1",
    ),
    "no suffix": (
        "encode",
        "mean",
        "--dataset",
        "synthetic-earth",
        "--data",
        "earth",
        "--output",
        "x.txt",
    ),
    "no cubes": (
        "encode",
        "mean",
        "--dataset",
        "synthetic-earth",
        "--data",
        "empty",
        "--output",
        "x.npz",
    ),
    "no runs": ("leaderboard", "empty"),
    "no component": ("info", "absent"),
    "no plugin": ("plugins", "check", "absent"),
    "bad registry": ("registry", "check", "bad.yaml"),
    "bad run file": ("run", "bad.yaml"),
    "too many dimensions": ("validate", "mean.npz", "--dimension", "2"),
    "missing rows": ("validate", "few.csv", "--labels", "earth/labels"),
    "no numbers": ("validate", "text.csv"),
}


def command_cases(neuco: Program) -> Iterator[tuple[str, Any]]:
    """Exit code and JSON of every command, and the exit codes of wrong calls."""
    folder = neuco.folder
    (folder / "empty").mkdir()
    (folder / "bad.yaml").write_text("nonsense: 1\n")
    (folder / "text.csv").write_text("id,0,1\na,x,y\n")
    (folder / "few.csv").write_text("id,0,1\na,1,2\nb,2,1\n")
    for name, arguments in COMMANDS.items():
        done = neuco(*arguments)
        record: dict[str, Any] = {"exit": done.returncode}
        if "--json" in arguments or "json" in arguments:
            record["json"] = plain(json.loads(done.stdout))
        yield f"command {name}", record
    for name, arguments in WRONG.items():
        yield f"wrong {name}", {"exit": neuco(*arguments).returncode}


def collect(folder: Path) -> dict[str, Any]:
    """Compute everything again, in an empty folder; takes one to two minutes."""
    neuco = Program(folder)
    cases = (reference_cases, leaderboard_cases, earth_cases, command_cases)
    return {name: value for case in cases for name, value in case(neuco)}


def differences(expected: Any, found: Any, place: str, rtol: float, atol: float) -> Iterator[str]:
    """Yield one line for each difference; digests count only without a tolerance."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for name in sorted({*expected, *found}):
            if name == "sha256" and rtol and "numbers" in expected:
                continue
            if name not in expected or name not in found:
                yield f"{place}/{name}: only in {'expected' if name in expected else 'found'}"
            else:
                yield from differences(expected[name], found[name], f"{place}/{name}", rtol, atol)
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, pair in enumerate(zip(expected, found, strict=True)):
            yield from differences(*pair, f"{place}/{index}", rtol, atol)
    elif isinstance(expected, float) and isinstance(found, float | int):
        if expected != found and not abs(expected - found) <= atol + rtol * abs(expected):
            yield f"{place}: {expected!r} expected, {found!r} found"
    elif expected != found:
        yield f"{place}: {expected!r} expected, {found!r} found"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--record", action="store_true")
    record = parser.parse_args().record
    with tempfile.TemporaryDirectory() as folder:
        found = json.loads(json.dumps(collect(Path(folder))))
    if record:
        lines = (f"{json.dumps(name)}: {json.dumps(found[name], sort_keys=True)}" for name in found)
        EXPECTED.write_text("{\n" + ",\n".join(lines) + "\n}\n")
        return 0
    expected = json.loads(EXPECTED.read_text())
    lines = list(differences(expected, found, "", 0.0, 0.0))
    print("\n".join(lines) or f"{len(expected)} golden results are equal")
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main())
