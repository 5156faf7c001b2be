"""``neuco validate`` of folders of cubes, and ``neuco data generate``."""

from __future__ import annotations

import json
import sys

import pytest

from neucocore.cli import main
from neucocore.components import discovery
from neucocore.data.audit.folder import audit_folder
from neucocore.data.cubes.schema import CubeSchema

TOY = """
from neucocore.plugin import CubeSchema, DatasetSpec, Param, hookimpl
NEUCO_API = 1

class Sized:
    def __init__(self, path, pixels):
        self.schemas = {"s1": CubeSchema(size=pixels)}

    def ids(self):
        return []

    def read(self, ids):
        return iter(())

def generate(out, *, count=1, progress=None):
    out.mkdir()
    for number in range(count):
        (out / f"{number}.txt").write_text("x")
        progress(number + 1, count)

@hookimpl
def neuco_datasets():
    return [
        DatasetSpec(name="toy", summary="a toy", factory=lambda path: None, generate=generate,
                    bands={"s1": ("vv",)},
                    generate_params=(Param("count", "int", 1, "files"),)),
        DatasetSpec(name="sized", summary="of a size", factory=Sized, bands={"s1": ("vv",)},
                    params=(Param("pixels", "int", 264, "pixels a side"),)),
        DatasetSpec(name="fixed", summary="not generated", factory=lambda path: None,
                    bands={"s1": ("vv",)}),
    ]
"""


@pytest.fixture(name="neuco")
def fixture_neuco(monkeypatch, capsys):
    def run(*words):
        monkeypatch.setattr(sys, "argv", ["neuco", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return int(end.value.code or 0), captured.out, captured.err

    return run


@pytest.fixture(name="toy")
def fixture_toy(tmp_path, monkeypatch):
    path = tmp_path / "toy.py"
    path.write_text(TOY)
    monkeypatch.setenv(discovery.PATH_VARIABLE, str(path))
    discovery.forget()
    yield
    discovery.forget()


def test_valid_cubes_are_summarised(neuco, tmp_path, write_folder):
    write_folder(tmp_path)
    code, out, err = neuco("validate", tmp_path)
    assert code == 0
    row = next(line.split() for line in out.splitlines() if line.startswith("s2l1c"))
    assert row[:4] == ["s2l1c", "3", "3", "3"]
    assert "4 x 13 x 16 x 16  int16" in out
    assert out.endswith("9 files: 0 with errors, 0 with warnings only\n")
    assert "check cubes: 3/3" in err


def test_every_broken_file_is_listed_and_the_exit_code_is_4(neuco, tmp_path, write_folder):
    ids = write_folder(tmp_path)
    folder = tmp_path / "data" / "s1" / "part-000000"
    (folder / f"{ids[0]}.zarr.zip").write_bytes(b"")
    (folder / f"{ids[1]}.zarr.zip").write_bytes(b"<html>")
    code, out, _ = neuco("validate", tmp_path)
    assert code == 4
    assert f"data/s1/part-000000/{ids[0]}.zarr.zip  the file is empty\n" in out
    assert f"{ids[1]}.zarr.zip  the file is a web page" in out
    assert "9 files: 2 with errors" in out


def test_findings_are_printed_as_json(neuco, tmp_path, write_folder):
    ids = write_folder(tmp_path, count=1)
    (tmp_path / "data" / "s1" / "part-000000" / f"{ids[0]}.zarr.zip").write_bytes(b"")
    code, out, _ = neuco("validate", tmp_path, "--json")
    assert code == 4
    assert json.loads(out) == [
        {
            "file": f"data/s1/part-000000/{ids[0]}.zarr.zip",
            "id": ids[0],
            "modality": "s1",
            "code": "corrupt",
            "level": "error",
            "message": "the file is empty",
            "count": 1,
            "examples": [],
        }
    ]


def test_cubes_are_compared_with_a_data_set_and_its_parameters(neuco, toy, tmp_path, write_folder):
    write_folder(tmp_path, count=1, size=16)
    code, out, err = neuco("validate", tmp_path, "--dataset", "sized")
    assert code == 0, err
    assert "3 files: 0 with errors, 1 with warnings only" in out
    code, out, _ = neuco("validate", tmp_path, "--dataset", "sized", "--set", "dataset.pixels=16")
    assert code == 0
    assert "3 files: 0 with errors, 0 with warnings only" in out


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--set", "dataset.pixels=16"], "--set dataset.NAME=VALUE needs --dataset"),
        (["--dataset", "sized", "--set", "dataset.pixles=16"], "unknown parameter 'pixles'"),
    ],
    ids=["no data set", "misspelt"],
)
def test_parameters_that_no_data_set_has_are_an_error(
    neuco, toy, tmp_path, write_folder, words, what
):
    write_folder(tmp_path, count=1, size=4)
    code, _, err = neuco("validate", tmp_path, *words)
    assert code == 2
    assert what in err


def test_generate_passes_the_parameters_to_the_data_set(neuco, toy, tmp_path):
    code, _, err = neuco("data", "generate", "toy", "-o", tmp_path / "toys", "--set", "count=3")
    assert code == 0
    assert len(list((tmp_path / "toys").glob("*.txt"))) == 3
    assert "generate toy: 3/3" in err


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["fixed"], "cannot be generated"),
        (["nowhere"], "unknown dataset 'nowhere'"),
        (["toy", "--set", "cuont=3"], "unknown parameter 'cuont'"),
        (["toy", "--set", "count=x"], "parameter count"),
    ],
)
def test_a_data_set_that_cannot_be_generated_is_an_error(neuco, toy, tmp_path, words, what):
    code, _, err = neuco("data", "generate", *words, "-o", tmp_path / "toys")
    assert code == 2
    assert what in err
    assert not (tmp_path / "toys").exists()


def test_one_file_in_a_part_is_compared_with_the_schema_of_its_modality(
    tmp_path, write_folder, monkeypatch
):
    write_folder(tmp_path, count=1, size=16)
    (file,) = tmp_path.glob("data/s1/part-000000/*.zarr.zip")
    monkeypatch.chdir(file.parent)
    for path in (file, file.name):
        (report,) = audit_folder(path, schemas={"s1": CubeSchema(size=264)})
        assert report.modality == "s1"
        assert [finding.code for finding in report.findings] == ["size"]
