"""Installed plugins that harm others: every command on other components gives the same digits."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{distribution}"
version = "1.0"
dependencies = ["neucocore"]

[project.entry-points."neuco.plugins"]
{entry} = "{package}"

[project.entry-points."neuco.commands"]
{command} = "{package}:app"

[tool.hatch.build.targets.wheel]
only-include = ["{package}.py"]
"""
SQUATTER = '''
"""Has the names of components, plugins and commands of others, and claims their label files."""
import numpy as np
import typer
from neucocore.plugin import (
    DatasetSpec, EncoderSpec, Labels, MetricSpec, ProbeSpec, ProtocolSpec, ReducerSpec, SuiteSpec,
    SuiteTask, TaskSpec, hookimpl, read_label_file,
)

NEUCO_API = 1
HERE = "{package}"
app = typer.Typer()
NAMES = {{
    "neuco_metrics": (MetricSpec, {{"problems": ("regression", "binary", "multiclass")}},
        "r2 rmse mae average-precision macro-f1 accuracy balanced-accuracy f1 roc-auc log-loss"),
    "neuco_probes": (ProbeSpec, {{"problems": ("regression",)}}, "ridge logistic knn svm mlp"),
    "neuco_reducers": (ReducerSpec, {{}}, "pca random-projection float16 normal8 normal4"),
    "neuco_protocols": (ProtocolSpec, {{}}, "nested-cv neucobench-2026 neucobench-2025 svm"),
    "neuco_encoders": (EncoderSpec, {{}}, "random constant mean thumbnails temporal-mosaiks"),
    "neuco_datasets": (DatasetSpec, {{}}, "synthetic-earth folder ssl4eo-s12-downstream"),
}}
TASKS = {{
    "landcover-forest": "regression", "landcover-agriculture": "regression",
    "biomass-mean": "regression", "biomass-std": "regression", "clouds-cover": "regression",
    "crops-corn-soy": "regression", "heatisland-mean": "regression", "nodata-share": "regression",
    "ships-presence": "binary",
}}

def specs(hook):
    kind, common, names = NAMES[hook]
    return [
        kind(name=name, summary="mine", factory=HERE + ":Wrong", version=99, **common)
        for name in names.split()
    ]

class Wrong:
    def __init__(self, *args, **kwargs):
        raise RuntimeError("the component of the wrong plugin is used")

    def __new__(cls, *args, **kwargs):
        raise RuntimeError("the component of the wrong plugin is used")

class Task:
    def labels(self, files):
        file = read_label_file(files[0])
        return Labels(file.ids, -np.asarray(file.y, float))

def derive(ids, sources):
    return Labels(tuple(ids), np.zeros(len(ids)))

@hookimpl
def neuco_metrics():
    return specs("neuco_metrics")

@hookimpl
def neuco_probes():
    return specs("neuco_probes")

@hookimpl
def neuco_reducers():
    return specs("neuco_reducers")

@hookimpl
def neuco_protocols():
    return specs("neuco_protocols")

@hookimpl
def neuco_encoders():
    return specs("neuco_encoders")

@hookimpl
def neuco_datasets():
    return specs("neuco_datasets")

@hookimpl
def neuco_suites():
    task = SuiteTask(name="landcover-forest@99")
    return [SuiteSpec(name="synthetic-earth", summary="mine", dataset="synthetic-earth",
        tasks=(task,), protocol="nested-cv@99")]

@hookimpl
def neuco_tasks():
    return [
        TaskSpec(name=name, summary="mine", factory=HERE + ":Task", version=99,
            derive=HERE + ":derive" if name in ("biomass-mean", "landcover-forest") else None,
            dataset="synthetic-earth", problem=problem, primary_metric="r2",
            aliases=(name.replace("-", "_"),))
        for name, problem in TASKS.items()
    ]
'''
VANDAL = '''
"""Changes the process on import, and claims every label file with a task that does so again."""
import os
import random
import sys
import warnings

import numpy as np
from neucocore.plugin import TaskSpec, hookimpl

NEUCO_API = 1

def vandalise():
    print("vandal was here")
    np.random.seed(1)
    random.seed(1)
    warnings.simplefilter("error")
    np.seterr(all="raise")
    os.environ.update(
        NEUCO_DISABLE_PLUGINS="landcover,biomass", NEUCO_PLUGINS="core", NEUCO_STRICT_PLUGINS="1",
        NEUCO_CACHE="/nowhere", OMP_NUM_THREADS="3", PYTHONHASHSEED="5",
    )
    os.chdir("/")

vandalise()

class Task:
    def labels(self, files):
        vandalise()
        raise RuntimeError("no labels for anybody")

@hookimpl
def neuco_tasks():
    stems = ("landcover_forest", "biomass_mean", "clouds_cover", "ships_presence", "own")
    return [TaskSpec(name="everything", summary="all of them", factory="{package}:Task",
        dataset="synthetic-earth", problem="regression", primary_metric="r2", aliases=stems)]
'''
PATCHER = '''
"""Replaces code of neuco."""
import numpy as np
from neucocore.plugin import MetricSpec, hookimpl
import neucocore.components.lookup
import neucocore.evaluation.linear.ridge as ridge
import neucocore.evaluation.heldout.metrics as metrics

NEUCO_API = 1

def wrong(*args, **kwargs):
    return 1.0

metrics.pooled_score = wrong
neucocore.components.lookup.find_for_spec = wrong
for name, value in list(vars(ridge).items()):
    if callable(value) and getattr(value, "__module__", "") == ridge.__name__:
        setattr(ridge, name, wrong)

@hookimpl
def neuco_metrics():
    return [MetricSpec(name="patched", summary="s", factory="{package}:wrong",
        problems=("regression",))]
'''
GARBAGE = '''
"""Returns specs of the wrong types."""
from neucocore.plugin import DatasetSpec, TaskSpec, hookimpl

NEUCO_API = 1

@hookimpl
def neuco_tasks():
    return [TaskSpec(name="garbage", summary="s", dataset="synthetic-earth", problem="regression",
        primary_metric="r2", aliases=("own",), source="a text", controls=5, n_labelled="many")]

@hookimpl
def neuco_datasets():
    return [DatasetSpec(name="garbage", summary="s", factory="a:b", bands=7, collections=None,
        hub="hub", seasons="four")]
'''
RAISER = '''
"""Ends the interpreter in a hook."""
from neucocore.plugin import hookimpl

NEUCO_API = 1

@hookimpl
def neuco_encoders():
    raise SystemExit(17)
'''
# Package, entry point, command and code; the second takes the name of a first-party plugin.
HOSTILE = (
    ("neuco_plugin_squatter", "squatter", "evaluate", SQUATTER),
    ("aaa_landcover", "landcover", "demo", SQUATTER),
    ("neuco_plugin_vandal", "vandal", "vandal", VANDAL),
    ("neuco_plugin_patcher", "patcher", "patcher", PATCHER),
    ("neuco_plugin_garbage", "garbage", "garbage", GARBAGE),
    ("neuco_plugin_raiser", "raiser", "raiser", RAISER),
)
EARTH = "synthetic-earth/synthetic-earth"
LABELS = ("--labels", "earth/labels")
RUN = """\
dataset: {name: synthetic-earth/synthetic-earth, path: earth}
encoders: [core/random, {name: classical/band-statistics, as: bands}]
tasks: [landcover/landcover-forest, biomass/*]
output: run
"""
COMMANDS = (
    ("data", "generate", EARTH, "-o", "earth", "--set", "cubes=60", "--set", "size=32"),
    ("encode", "core/mean", "--dataset", EARTH, "--data", "earth", "-o", "mean.npz"),
    # Its spec names the reducer pca.
    ("encode", "classical/thumbnails-pca", "--dataset", EARTH, "--data", "earth", "-o", "pca.npz"),
    ("evaluate", "mean.npz", *LABELS, "--json"),
    ("evaluate", "pca.npz", *LABELS, "--json", "--protocol", "core/neucobench-2026"),
    ("evaluate", "mean.npz", *LABELS, "--json", "--phase", "knn", "--probe", "core/knn",
     "--metric", "core/rmse", "--tasks", "biomass/biomass-mean"),
    ("sweep", "mean.npz", *LABELS, "-o", "sweep", "--families", "pca", "--dims", "16",
     "--tasks", "clouds/clouds-cover"),
    ("convert", "mean.npz", "small.npz", "--reducer", "core/pca", "--dimension", "8"),
    ("run", "run.yaml"),
    ("leaderboard", "results", "--format", "json"),
    ("tasks", "stats", *LABELS, "--dataset", "synthetic-earth", "--json"),
)  # fmt: skip
WORDS = ("warnings", "notes", "remarks")
"""Keys of JSON output that hold messages, which name further plugins."""


@dataclass(frozen=True)
class Installed:
    """A folder to work in, with or without hostile plugins on the import path."""

    folder: Path
    site: Path | None

    def neuco(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("NEUCO_", "PYTHON"))}
        return subprocess.run(
            [sys.executable, "-m", "neucocore", *words],
            cwd=self.folder,
            env=clean if self.site is None else {**clean, "PYTHONPATH": str(self.site)},
            capture_output=True,
            text=True,
            check=False,
        )

    def digits(self) -> dict[str, Any]:
        """Run all commands; return what they print, and what is in the files that they write."""
        (self.folder / "run.yaml").write_text(RUN)
        found: dict[str, Any] = {}
        for command in COMMANDS:
            result = self.neuco(*command)
            found[" ".join(command)] = (result.returncode, _numbers(result.stdout))
            assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
        return found | _files(self.folder)


def _numbers(text: str) -> Any:
    try:
        return _plain(json.loads(text))
    except ValueError:
        return text.splitlines() if text.strip() else []


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _plain(item) for key, item in value.items() if key not in (*WORDS, "experiment")
        }
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _files(folder: Path) -> dict[str, str]:
    """Return digests of the files whose bytes do not depend on when they were written."""
    kept = ("*.npz", "earth/**/*", "**/scores.jsonl", "**/results_summary.json")
    files = {file for pattern in kept for file in folder.glob(pattern) if file.is_file()}
    files = {file for file in files if not file.name.startswith(".")}  # records of when
    found = {}
    for file in sorted(files):
        content = file.read_bytes()
        if file.name == "results_summary.json":
            content = json.dumps(_scores(json.loads(content))).encode()
        parts = file.relative_to(folder).parts
        # The folders of runs are named after the time.
        name = "/".join(part.partition("_2")[0] for part in parts)
        found[name] = hashlib.sha256(content).hexdigest()
    return found


def _scores(summary: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in summary.items() if key.startswith("task")}


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory,
    build_wheel: Callable[[Path, Path], Path],
    install_wheels: Callable[[Iterable[Path], Path], Path],
) -> Path:
    """Return a folder in which the hostile plugins are installed."""
    wheels = []
    for package, entry, command, code in HOSTILE:
        source = tmp_path_factory.mktemp(package)
        # Braces of the code are doubled only where it is a template.
        text = code.format(package=package) if "{{" in code else code.replace("{package}", package)
        (source / f"{package}.py").write_text(text)
        names = {"distribution": package.replace("_", "-"), "package": package}
        (source / "pyproject.toml").write_text(
            PYPROJECT.format(entry=entry, command=command, **names)
        )
        wheels.append(build_wheel(source, source))
    return install_wheels(wheels, tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, site: Path) -> Installed:
    """Return a folder to work in with the hostile plugins."""
    return Installed(tmp_path_factory.mktemp("hostile"), site)


@pytest.fixture(scope="module")
def digits(hostile: Installed) -> dict[str, Any]:
    """Return what all commands give with the hostile plugins."""
    return hostile.digits()


def test_every_command_on_other_components_gives_the_same_digits(
    digits: dict[str, Any], tmp_path: Path
) -> None:
    expected = Installed(tmp_path, None).digits()
    assert len(expected) > 200
    assert digits.keys() == expected.keys()
    different = {
        name: (digits[name], expected[name]) for name in expected if digits[name] != expected[name]
    }
    assert different == {}


def test_the_hostile_plugins_are_listed_with_what_is_wrong(hostile: Installed) -> None:
    rows = json.loads(hostile.neuco("plugins", "list", "--json").stdout)
    details = {(row["distribution"], row["status"]): row["detail"] for row in rows}
    assert "it replaces neucocore." in details["neuco-plugin-patcher", "failed"]
    assert "bands=7 is not a mapping; seasons='four'" in details["neuco-plugin-garbage", "failed"]
    assert "SystemExit: 17" in details["neuco-plugin-raiser", "failed"]
    taken = "the plugin name 'landcover' is already used by neuco-plugin-landcover"
    assert details["aaa-landcover", "failed"] == taken
    assert ("neuco-plugin-landcover", "loaded") in details
    clashes = next(row for row in rows if row["name"] == "squatter")["clashes"]
    assert any("the metric 'r2' belongs to core/r2, squatter/r2" in text for text in clashes)
    checks = json.loads(hostile.neuco("doctor", "--json").stdout)
    by_name = {row["check"]: row for row in checks}
    assert by_name["plugin vandal"]["status"] == "warning"
    for changed in ("NEUCO_DISABLE_PLUGINS", "the working directory", "the filters of warnings"):
        assert changed in by_name["plugin vandal"]["detail"]
    assert any("landcover_forest__*.csv of synthetic-earth" in row["detail"] for row in checks)


def test_a_name_that_is_typed_asks_for_the_plugin(hostile: Installed) -> None:
    result = hostile.neuco("info", "metric", "r2")
    result = hostile.neuco("encode", "mean", "--dataset", EARTH, "--data", ".", "-o", "x.npz")
    assert result.returncode == 2
    assert "use core/mean or squatter/mean" in result.stderr


def test_a_task_that_raises_is_one_failed_row(digits: dict[str, Any], hostile: Installed) -> None:
    del digits  # made the files that are used here
    own = hostile.folder / "own"
    own.mkdir()
    for name in ("biomass_mean__regr.csv",):
        (own / name).write_bytes((hostile.folder / "earth" / "labels" / name).read_bytes())
    (own / "own__regr.csv").write_bytes((own / "biomass_mean__regr.csv").read_bytes())
    result = hostile.neuco("evaluate", "mean.npz", "--labels", "own", "-o", "own", "--json")
    assert result.returncode == 1
    rows = {row["task"]: row for row in json.loads(result.stdout)}
    assert rows["biomass-mean@1"]["status"] == "ok"
    assert rows["everything@1"]["status"] == "failed"
    assert "RuntimeError: no labels for anybody" in rows["everything@1"]["reason"]
    assert "1 task failed; the scores of the others are written" in result.stderr
    assert "vandal was here" not in result.stdout
