"""What a person gets who types something wrong: one message, the next step, the right exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neucocore.data.cubes.writing import write_modality


def neuco(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "neucocore", *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
    )


def written(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.fixture
def cubes(tmp_path: Path) -> Path:
    for number in range(3):
        path = tmp_path / f"cubes/data/s1/part-000000/c{number}.zarr.zip"
        write_modality(path, np.ones((1, 2, 4, 4), np.float32) + number, ("vv", "vh"))
    return tmp_path / "cubes"


def encode(cubes: Path, cwd: Path, encoder: str = "random") -> subprocess.CompletedProcess[str]:
    return neuco(
        "encode", encoder, "--dataset", "folder", "--data", cubes, "--output", "e.csv", cwd=cwd
    )


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    done = encode(tmp_path / "none", tmp_path)
    assert done.returncode == 4
    assert "does not exist" in done.stderr
    assert "Hint: " in done.stderr
    assert done.stdout == ""
    assert written(tmp_path) == set()


def test_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = encode(tmp_path / "empty", tmp_path)
    assert done.returncode == 4
    assert "Traceback" not in done.stderr
    assert written(tmp_path) == {"empty"}


def test_a_cube_that_cannot_be_opened(cubes: Path, tmp_path: Path) -> None:
    (cubes / "data/s1/part-000000/c1.zarr.zip").write_bytes(b"PK\x03\x04 and no more")
    before = written(tmp_path)
    done = encode(cubes, tmp_path)
    assert done.returncode == 4
    assert "1 of 3 cubes cannot be read" in done.stderr
    assert "c1" in done.stderr
    assert "--skip-bad" in done.stderr
    left = {name for name in written(tmp_path) - before if not name.startswith("e.csv.parts")}
    assert left == set()


def test_an_unknown_encoder(cubes: Path, tmp_path: Path) -> None:
    done = encode(cubes, tmp_path, "randon")
    assert done.returncode == 2
    assert "unknown encoder 'randon'; did you mean 'random'" in done.stderr
    assert "neuco list encoders" in done.stderr


def test_an_unknown_parameter(cubes: Path, tmp_path: Path) -> None:
    done = neuco(
        "encode", "random", "--dataset", "folder", "--data", cubes, "--output", "e.csv",
        "--set", "sede=3", "--set", "dimension=many", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert "unknown parameter 'sede'; did you mean 'seed'?" in done.stderr
    assert "parameter dimension: 'many' is not an integer" in done.stderr


def test_an_unknown_key_in_a_run_file(tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text("encoder: [random]\n")
    done = neuco("run", "run.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "run.yaml:1: unknown key 'encoder'; did you mean 'encoders' or 'vector'?" in done.stderr
    assert written(tmp_path) == {"run.yaml"}


def test_every_unknown_name_of_a_run_file_before_any_work(cubes: Path, tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text(
        f"dataset: {{name: folder, path: {cubes}}}\nencoders: [random, maen, modaiks]\n"
    )
    before = written(tmp_path)
    done = neuco("run", "run.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "unknown encoder 'maen'; did you mean 'mean'" in done.stderr
    assert "unknown encoder 'modaiks'" in done.stderr
    assert written(tmp_path) == before


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    folder = tmp_path / "labels"
    folder.mkdir()
    rows = "".join(f"c{n},{n % 7}\n" for n in range(30))
    (folder / "size__regr.csv").write_text("id,label\n" + rows)
    return folder


def test_a_csv_without_ids(labels: Path, tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("name,0,1\na,1,2\n")
    done = neuco("evaluate", "e.csv", "--labels", labels, cwd=tmp_path)
    assert done.returncode == 4
    assert "no column 'id'" in done.stderr
    assert "'name'" in done.stderr
    assert not (tmp_path / "results").exists()


def test_missing_ids_are_counted_and_the_way_out_is_named(labels: Path, tmp_path: Path) -> None:
    rows = "".join(f"c{n},{n},1\n" for n in range(25))
    (tmp_path / "e.csv").write_text("id,0,1\n" + rows)
    done = neuco("evaluate", "e.csv", "--labels", labels, cwd=tmp_path)
    assert done.returncode == 4
    assert "5 of 30 labelled ids have no embedding in e.csv" in done.stderr
    assert "--allow-missing" in done.stderr
    assert not (tmp_path / "results").exists()


def test_ids_of_the_other_phase_suggest_where(labels: Path, tmp_path: Path) -> None:
    rows = "".join(f"c{n},{n % 7},{n < 25}\n" for n in range(30))
    (labels / "size__regr.csv").write_text("id,label,phase_dev\n" + rows)
    (tmp_path / "e.csv").write_text("id,0\n" + "".join(f"c{n},{n % 5}\n" for n in range(25)))
    done = neuco("evaluate", "e.csv", "--labels", labels, cwd=tmp_path)
    assert done.returncode == 4
    assert "--subset phase_dev" in done.stderr
    done = neuco("evaluate", "e.csv", "--labels", labels, "--subset", "phase_dev", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_partial_run_is_marked_and_not_ranked(labels: Path, tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("id,0\n" + "".join(f"c{n},{n % 5}\n" for n in range(25)))
    done = neuco("evaluate", "e.csv", "--labels", labels, "--allow-missing", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "5 labelled ids have no embedding" in done.stderr
    board = neuco("leaderboard", "results", cwd=tmp_path)
    assert "partial" in board.stderr + board.stdout


@pytest.mark.parametrize("name", ["../up", "a/b", "con", "x" * 300, ""])
def test_fault_60_dangerous_method_names_are_refused(
    labels: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "e.csv").write_text("id,0\n" + "".join(f"c{n},{n % 5}\n" for n in range(30)))
    before = written(tmp_path)
    done = neuco("evaluate", "e.csv", "--labels", labels, "--method", name, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert written(tmp_path) == before


def test_a_config_and_its_own_options_exclude_each_other(labels: Path, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("k_folds: 3\n")
    (tmp_path / "e.csv").write_text("id,0\nc1,1\n")
    done = neuco(
        "evaluate", "e.csv", "--labels", labels, "--config", "c.yaml", "--protocol", "nested-cv",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert "--config c.yaml already sets what --protocol would set" in done.stderr


def test_an_unknown_protocol_suggests_the_list_of_protocols(labels: Path, tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("id,0\nc1,1\n")
    done = neuco("evaluate", "e.csv", "--labels", labels, "--protocol", "strong", cwd=tmp_path)
    assert done.returncode == 2
    assert "unknown protocol 'strong'" in done.stderr
    assert "neuco list protocols" in done.stderr


def test_an_unknown_command_and_option_are_usage_errors(tmp_path: Path) -> None:
    assert neuco("encoed", cwd=tmp_path).returncode == 2
    assert neuco("list", "--jsno", cwd=tmp_path).returncode == 2


def test_debug_shows_the_traceback_and_nothing_else_does(cubes: Path, tmp_path: Path) -> None:
    words = ("encode", "randon", "--dataset", "folder", "--data", cubes, "--output", "e.csv")
    assert "Traceback" not in neuco(*words, cwd=tmp_path).stderr
    assert "Traceback" in neuco("--debug", *words, cwd=tmp_path).stderr


def test_quiet_says_errors_only(cubes: Path, tmp_path: Path) -> None:
    done = neuco(
        "-q", "encode", "random", "--dataset", "folder", "--data", cubes, "--output", "e.csv",
        cwd=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("encoders: [{name: random, as: ../../evil}]", 2, "a method cannot be named '../../evil'"),
        ("encoders: [random]\nphase: ../x", 2, "a phase cannot be named '../x'"),
        ("encoders: [random]\ntasks: [hight]", 2, "unknown task 'hight'; did you mean 'height'"),
        ("encoders: [random]\nprotocol: robst", 2, "unknown protocol 'robst'"),
        ("encoders: [random]\nlabels: none", 4, "there is no file or folder"),
        ("encoders: [random]\nexclude: none.csv", 4, "there is no file"),
        ("encoders: [random]\ngroups: none.csv:place", 4, "there is no file"),
    ],
)
def test_fault_60_a_run_file_is_checked_whole_before_anything_is_encoded(
    cubes: Path, tmp_path: Path, line: str, code: int, said: str
) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels/height__regr.csv").write_text("id,label\nc0,1\nc1,2\nc2,3\n")
    labels = "" if "labels:" in line else "labels: labels\n"
    (tmp_path / "run.yaml").write_text(
        f"dataset: {{name: folder, path: {cubes}}}\noutput: out\n{labels}{line}\n"
    )
    before = written(tmp_path)
    done = neuco("run", "run.yaml", cwd=tmp_path)
    assert (done.returncode, written(tmp_path) - before) == (code, set())
    assert said in done.stderr


def test_a_reader_that_goes_away_is_no_failure(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "neucocore", "list", "metrics"],
        stdout=write,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        timeout=120,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_wrong_parameters_in_a_run_file_before_any_work(cubes: Path, tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text(
        f"dataset: {{name: folder, path: {cubes}}}\n"
        "encoders: [random, {name: constant, vlaue: 3}, {name: mean, keep_nodata: maybe}]\n"
    )
    before = written(tmp_path)
    done = neuco("run", "run.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "unknown parameter 'vlaue'; did you mean 'value'?" in done.stderr
    assert "parameter keep_nodata: 'maybe' is not true or false" in done.stderr
    assert written(tmp_path) == before


def test_an_output_that_is_a_file_is_refused_before_scoring(labels: Path, tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("id,0\n" + "".join(f"c{n},{n % 5}\n" for n in range(30)))
    done = neuco("evaluate", "e.csv", "--labels", labels, "--output", "e.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert "--output e.csv is a file" in done.stderr


def test_the_beginning_of_a_name_is_understood_as_one(tmp_path: Path) -> None:
    done = neuco("info", "ssl4eo", cwd=tmp_path)
    assert done.returncode == 2
    assert "did you mean 'ssl4eo-s12'" in done.stderr


def test_a_component_of_a_plugin_that_is_not_there_says_which(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "neucocore", "info", "biomass-mean"],
        env=os.environ | {"NEUCO_DISABLE_PLUGINS": "biomass"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "pip install neuco-plugin-biomass" in done.stderr


def test_a_season_that_is_not_there_leaves_nothing_behind(cubes: Path, tmp_path: Path) -> None:
    before = written(tmp_path)
    words = ("encode", "random", "--dataset", "folder", "--data", cubes, "--output", "e.csv")
    done = neuco(*words, "--set", "dataset.seasons=winterr", cwd=tmp_path)
    assert done.returncode == 2
    assert "no season 'winterr'" in done.stderr
    assert written(tmp_path) == before


def test_finished_cubes_stay_when_a_later_one_fails(cubes: Path, tmp_path: Path) -> None:
    (cubes / "data/s1/part-000000/c2.zarr.zip").write_bytes(b"PK\x03\x04 and no more")
    assert encode(cubes, tmp_path).returncode == 4
    write_modality(
        cubes / "data/s1/part-000000/c2.zarr.zip", np.ones((1, 2, 4, 4), np.float32), ("vv", "vh")
    )
    assert "2 cubes from an earlier run" in encode(cubes, tmp_path).stderr
