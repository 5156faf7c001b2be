"""Rule 8 and fault 90: commands name plugins and distributions that are damaged.

The commands run in a process of their own, with damaged distributions on the import path.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from neucocore.data.embeddings.sidecar import sidecar_path
from neucocore.testing import make_cubes, write_cube_folder

Neuco = Callable[..., subprocess.CompletedProcess[str]]
VALID = "from neucocore.plugin import MetricSpec, hookimpl\nNEUCO_API = 1\n"
HOOK = """
@hookimpl
def neuco_metrics():
    return [MetricSpec(name="flat", summary="always 0", factory="{module}:flat",
        problems=("regression",))]

def flat(true, predicted):
    return 0.0
"""
RUN_FILE = """
dataset: {name: folder, path: data}
encoders: [random]
output: results
"""


def install(
    site: Path, module: str, code: str, *, version: str = "1.0", requires: str = "", name: str = ""
) -> Path:
    """Write a module and the metadata of its distribution, as pip does."""
    name = name or module.replace("_", "-")
    content = (code.format(module=module) if "{module}" in code else code).encode()
    (site / f"{module}.py").write_bytes(content)
    folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir()
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    (folder / "METADATA").write_text(text + (f"Requires-Dist: {requires}\n" if requires else ""))
    (folder / "entry_points.txt").write_text(f"[neuco.plugins]\n{name} = {module}\n")
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    (folder / "RECORD").write_text(f"{module}.py,sha256={digest},{len(content)}\n")
    return folder


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    return folder


@pytest.fixture
def neuco(tmp_path: Path, site: Path) -> Neuco:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("NEUCO_")}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "neucocore", *words],
            cwd=tmp_path,
            env=clean | {"PYTHONPATH": str(site)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def data(tmp_path: Path) -> None:
    cubes = make_cubes(40, modalities=("s1",), seasons=1, size=4)
    labels = [(cube.id, float(number % 7)) for number, cube in enumerate(cubes)]
    write_cube_folder(tmp_path / "data", cubes, {"radar__regr": labels})
    (tmp_path / "run.yaml").write_text(RUN_FILE)


def encode(neuco: Neuco, *options: str) -> subprocess.CompletedProcess[str]:
    return neuco(
        *options, "encode", "random", "--dataset", "folder", "--data", "data", "-o", "e.npz"
    )


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize("how", ["installed", "--plugin-path"])
def test_a_plugin_that_fails_is_named_by_commands_whose_result_could_depend_on_it(
    neuco: Neuco, site: Path, tmp_path: Path, how: str
) -> None:
    options: tuple[str, ...] = ()
    if how == "installed":
        install(site, "lost_plugin", "import a_module_that_is_missing\n")
        expected = "plugin lost-plugin (lost-plugin) failed: ModuleNotFoundError"
        repair = "pip install --upgrade lost-plugin"
    else:
        (tmp_path / "lost_plugin.py").write_text("1 / 0\n")
        options = ("--plugin-path", "lost_plugin.py")
        expected = "plugin lost-plugin (lost_plugin.py) failed: ZeroDivisionError"
        repair = "lost_plugin.py, or run without it"
    evaluate = ("evaluate", "e.npz", "--labels", "data/labels", "-o", "out")
    for result in (
        encode(neuco, *options),
        neuco(*options, *evaluate),
        neuco(*options, "leaderboard", "out"),
        neuco(*options, "run", "run.yaml"),
    ):
        assert result.returncode == 0, result.stderr
        (line,) = [line for line in result.stderr.splitlines() if expected in line]
        assert line.startswith("warning: ")
        assert repair in line
    (run,) = tmp_path.glob("out/*/*/run.json")
    sidecar = json.loads(sidecar_path(tmp_path / "e.npz").read_text())
    recorded = json.loads(run.read_text())["plugins_not_loaded"]
    for rows in (recorded, sidecar["plugins_not_loaded"]):
        assert [(row["plugin"], row["status"]) for row in rows] == [("lost-plugin", "failed")]


@pytest.mark.parametrize(
    "words",
    [
        ("--quiet", "info", "r2"),
        ("--quiet", "evaluate", "none.npz", "--labels", "none"),
        ("--quiet", "leaderboard", "none"),
        ("--quiet", "encode", "random", "--dataset", "folder", "--data", "none", "-o", "e.npz"),
        ("info", "r2", "--json"),
        ("data", "generate", "none", "-o", "none"),
        ("convert", "none.npz", "n.npz", "--reducer", "pca"),
        ("tasks", "derive", "none", "-o", "none", "--data", "none"),
    ],
    ids=" ".join,
)
def test_a_plugin_that_fails_is_reported_once_by_every_command(
    neuco: Neuco, tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "lost.py").write_text("1 / 0\n")
    result = neuco("--plugin-path", "lost.py", *words)
    expected = "warning: plugin lost (lost.py) failed: ZeroDivisionError: division by zero"
    assert result.stderr.count(expected) == 1
    assert expected not in result.stdout


@pytest.mark.usefixtures("data")
def test_an_unknown_task_names_the_plugin_that_failed(neuco: Neuco, tmp_path: Path) -> None:
    (tmp_path / "lost.py").write_text("1 / 0\n")
    assert encode(neuco).returncode == 0
    evaluate = ("evaluate", "e.npz", "--labels", "data/labels", "--tasks", "fjord")
    result = neuco("--plugin-path", "lost.py", *evaluate)
    assert result.returncode == 2
    assert "  - plugin lost (lost.py) failed: ZeroDivisionError" in result.stderr


@pytest.mark.usefixtures("data")
def test_without_a_failed_plugin_nothing_is_reported(neuco: Neuco) -> None:
    assert "failed" not in encode(neuco).stderr


@pytest.mark.parametrize("order", [("1.0", "2.0"), ("2.0", "1.0")], ids=str)
def test_doctor_names_metadata_that_are_left_over(
    neuco: Neuco, site: Path, order: tuple[str, str]
) -> None:
    for version in order:
        install(site, "twice", VALID + HOOK + f"# {version}\n", version=version)
    imported, leftover = order[1], order[0]  # the code that was written last
    rows = {row["name"]: row for row in json.loads(neuco("plugins", "list", "--json").stdout)}
    assert rows["twice"]["version"] == imported

    result = neuco("doctor", "--json")

    assert result.returncode == 0
    (row,) = [row for row in json.loads(result.stdout) if row["check"] == "metadata of twice"]
    assert row["status"] == "warning"
    command = row["detail"].rpartition("To repair it: ")[2]
    assert command == f"rm -r {site / f'twice-{leftover}.dist-info'}"
    subprocess.run(command.split(), check=True)
    assert "twice-" not in neuco("doctor").stdout
    assert json.loads(neuco("plugins", "list", "--json").stdout)


@pytest.mark.parametrize("requires", ["a-package-that-is-missing>=2", "numpy>=9999"])
def test_doctor_names_the_missing_requirements_of_a_plugin_and_the_command(
    neuco: Neuco, site: Path, requires: str
) -> None:
    install(site, "needy", VALID + HOOK, requires=requires)
    result = neuco("doctor", "--json")
    assert result.returncode == 3
    (row,) = [row for row in json.loads(result.stdout) if row["check"] == "plugin needy"]
    assert row["detail"].endswith(f"pip install '{requires}'")


@pytest.mark.parametrize("removed", ["METADATA", "half.py"])
def test_doctor_names_a_plugin_of_which_a_part_was_removed(
    neuco: Neuco, site: Path, removed: str
) -> None:
    folder = install(site, "half", VALID + HOOK)
    (folder / removed if removed == "METADATA" else site / removed).unlink()
    result = neuco("doctor", "--json")
    assert result.returncode == 3
    (row,) = [row for row in json.loads(result.stdout) if row["check"] == "metadata of half"]
    assert row["status"] == "error"
    assert f"pip install --force-reinstall half, or rm -r {folder}" in row["detail"]
    assert ("has no METADATA" if removed == "METADATA" else "1 installed file missing") in row[
        "detail"
    ]


def test_doctor_names_the_extras_that_are_not_installed(neuco: Neuco, site: Path) -> None:
    folder = install(site, "extras", VALID + HOOK)
    with (folder / "METADATA").open("a") as stream:
        for extra, requirement in (
            ("gpu", "no-such-torch>=2"),
            ("fast", "numpy"),
            ("test", "no-such-pytest"),
        ):
            stream.write(
                f"Provides-Extra: {extra}\nRequires-Dist: {requirement}; extra == '{extra}'\n"
            )
    rows = [row for row in json.loads(neuco("doctor", "--json").stdout) if "extra " in row["check"]]
    of_plugin = [row for row in rows if "extras[" in row["check"]]
    assert of_plugin == [
        {
            "check": "extra extras[gpu]",
            "status": "ok",
            "detail": "not installed: no-such-torch>=2; pip install 'extras[gpu]'",
        }
    ]


@pytest.fixture
def unreadable(site: Path) -> Path:
    """Write a distribution, not of neuco, whose entry points cannot be read."""
    folder = site / "somebody_elses-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: somebody-elses\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[console_scripts]\nno equals sign here\n")
    return folder


@pytest.mark.usefixtures("data")
def test_unreadable_metadata_of_any_distribution_are_named_in_one_clear_error(
    neuco: Neuco, unreadable: Path
) -> None:
    for result in (encode(neuco), neuco("validate", "data"), neuco("doctor")):
        assert result.returncode == 3
        output = result.stdout + result.stderr
        assert "somebody-elses" in output
        assert str(unreadable / "entry_points.txt") in output
        assert "Traceback" not in output
    for file in unreadable.iterdir():  # as the hint says: remove the folder
        file.unlink()
    unreadable.rmdir()
    assert encode(neuco).returncode == 0


def test_unreadable_metadata_are_named_when_kernels_are_compiled(
    neuco: Neuco, tmp_path: Path, unreadable: Path
) -> None:
    cells = np.random.default_rng(0).normal(size=(6000, 200)).round(6)
    rows = [f"t{number}," + ",".join(map(str, row)) for number, row in enumerate(cells.tolist())]
    header = "id," + ",".join(f"d{column}" for column in range(200))
    (tmp_path / "large.csv").write_text("\n".join([header, *rows]) + "\n")
    result = neuco("validate", "large.csv")
    assert result.returncode in (0, 3)  # 0: the kernels were compiled before
    if result.returncode:
        assert str(unreadable / "entry_points.txt") in result.stderr
