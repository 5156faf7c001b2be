"""Time of ``neuco list`` with 25 plugins, compared with a typer program that does nothing.

    python benchmarks/listing.py [--runs 20] [--plugins 25]

Complete processes in a separate environment, in turn, so that both run under the same conditions.
Prints the minimum and the median of both, and their ratio, which should be at most 2.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EMPTY = """
import typer

app = typer.Typer(add_completion=False)


@app.command()
def nothing() -> None:
    print("nothing")


app()
"""
MODULE = '''
"""Three tasks, a data set and a metric, declared as in the plugins of the repository."""

from neucocore.plugin import DatasetSpec, LabelSource, MetricSpec, Param, TaskSpec, hookimpl

NEUCO_API = 1
PARAMS = tuple(Param(f"parameter_{{n}}", "float", 0.5, "what it does") for n in range(6))
SOURCE = LabelSource(
    name="a map", license="CC-BY-4.0", citation="somebody", region="Europe", years="2018"
)


@hookimpl
def neuco_datasets() -> list[DatasetSpec]:
    return [
        DatasetSpec(
            name="data-{n}",
            summary="cubes",
            factory="neuco_plugin_many_{n}.code:Data",
            params=PARAMS,
            bands={{"s2l2a": ("B02", "B03", "B04", "B08")}},
        )
    ]


@hookimpl
def neuco_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name=f"task-{n}-{{number}}",
            summary="a share",
            dataset="data-{n}",
            problem="regression",
            primary_metric="r2",
            aliases=(f"task_{n}_{{number}}",),
            source=SOURCE,
            derive="neuco_plugin_many_{n}.code:derive",
            derive_params=PARAMS,
        )
        for number in range(3)
    ]


@hookimpl
def neuco_metrics() -> list[MetricSpec]:
    return [
        MetricSpec(
            name="metric-{n}",
            summary="an error",
            factory="neuco_plugin_many_{n}.code:error",
            problems=("regression",),
        )
    ]
'''


def install_plugins(target: Path, count: int) -> None:
    """Write plugins as pip installs them: a package and its metadata."""
    for n in range(count):
        package = target / f"neuco_plugin_many_{n}"
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "plugin.py").write_text(MODULE.format(n=n), encoding="utf-8")
        metadata = target / f"neuco_plugin_many_{n}-1.0.dist-info"
        metadata.mkdir()
        text = f"Metadata-Version: 2.4\nName: neuco-plugin-many-{n}\nVersion: 1.0\n"
        (metadata / "METADATA").write_text(text, encoding="utf-8")
        points = f"[neuco.plugins]\nmany-{n} = neuco_plugin_many_{n}.plugin\n"
        (metadata / "entry_points.txt").write_text(points, encoding="utf-8")


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """Return the wall-clock time of a process."""
    start = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def measure(plugins: int, runs: int) -> tuple[list[float], list[float]]:
    """Return the times of ``neuco list`` and of the empty program, measured in turn."""
    with tempfile.TemporaryDirectory(prefix="neuco-listing-") as name:
        folder = Path(name)
        install_plugins(folder, plugins)
        # Only these plugins, so that the result does not depend on what else is installed.
        names = ",".join(f"many-{n}" for n in range(plugins))
        environment = {**os.environ, "PYTHONPATH": name, "NEUCO_PLUGINS": names}
        # Byte code is compiled once, as for installed programs, whatever the environment says.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment["PYTHONPYCACHEPREFIX"] = str(folder / "byte-code")
        listing = [sys.executable, "-m", "neucocore", "list"]
        empty = [sys.executable, "-c", EMPTY]
        for command in (listing, empty):
            seconds(command, environment)  # writes the byte code
        pairs = [(seconds(listing, environment), seconds(empty, environment)) for _ in range(runs)]
    return [one for one, _ in pairs], [other for _, other in pairs]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--plugins", type=int, default=25)
    options = parser.parse_args()
    listing, empty = measure(options.plugins, options.runs)
    for name, times in ((f"neuco list, {options.plugins} plugins", listing), ("empty", empty)):
        print(f"{name:28} minimum {min(times):.3f} s  median {statistics.median(times):.3f} s")
    median = statistics.median(listing) / statistics.median(empty)
    print(f"{'ratio':28} minimum {min(listing) / min(empty):.2f}    median {median:.2f}")


if __name__ == "__main__":
    main()
