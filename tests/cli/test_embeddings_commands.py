"""``neuco validate``, ``inspect``, ``convert``: data on stdout, the rest on stderr, exit codes."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from neucocore.cli import main
from neucocore.data.cubes.writing import write_modality
from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.embeddings.formats import load_embeddings, save_embeddings
from neucocore.data.embeddings.sidecar import read_sidecar, write_sidecar

REFERENCE = Path(__file__).parents[1] / "fixtures/reference"
CSV = REFERENCE / "evaluation/embeddings.csv"


@dataclass
class Ended:
    code: int
    out: str
    err: str


@pytest.fixture
def neuco(monkeypatch, capsys):
    def run(*words: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["neuco", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return Ended(int(end.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def good(tmp_path) -> Path:
    matrix = np.array([[1, 2, 0], [3, 4, 0], [-5, 6, 0]], dtype=np.float32)
    embeddings = Embeddings(("a", "b", "c"), matrix, {"encoder": {"component": "core/mean"}})
    save_embeddings(embeddings, tmp_path / "good.parquet")
    return tmp_path / "good.parquet"


@pytest.fixture
def labels(tmp_path) -> Path:
    folder = tmp_path / "labels"
    folder.mkdir()
    (folder / "t__regr.csv").write_text(
        "id,label,dev,eval\na,1,True,False\nb,2,True,False\nd,3,False,True\n"
    )
    return folder


def test_a_good_file_ends_with_0_and_its_size(neuco, good):
    ended = neuco("validate", good)
    assert ended.code == 0
    assert ended.out == "warning: dimension has the same value for every sample: dimension 2\n"
    assert "can be used: 3 embeddings of 3 dimensions" in ended.err


def test_every_problem_is_shown_at_once_and_the_exit_code_is_4(neuco, labels):
    ended = neuco("validate", CSV, "--labels", labels, "--dimension", 16)
    assert ended.code == 4
    errors = [line for line in ended.out.splitlines() if line.startswith("error: ")]
    assert len(errors) == 3
    for words in (
        "empty cell in 3 rows",
        "32 dimensions; the maximum is 16",
        "has no embedding (3 times)",
    ):
        assert words in ended.out
    assert "repaired: file suffix removed from an id (2 times)" in ended.out
    assert "3 problems" in ended.err
    assert "Traceback" not in ended.err


def test_fault_05_missing_ids_of_another_phase_suggest_where(neuco, good, labels):
    ended = neuco("validate", good, "--labels", labels)
    assert ended.code == 4
    assert "error: id of" in ended.out
    assert ": d\n" in ended.out
    assert "Hint: --subset dev" in ended.err
    ended = neuco("validate", good, "--labels", labels, "--subset", "dev")
    assert ended.code == 0
    assert "warning: embedding has no id in" in ended.out


def test_a_list_of_ids_can_be_asked_for(neuco, good, tmp_path):
    (tmp_path / "ids.txt").write_text("a\nb\nx\n")
    ended = neuco("validate", good, "--ids", tmp_path / "ids.txt")
    assert ended.code == 4
    assert "has no embedding: x" in ended.out
    assert "embedding has no id in" in ended.out


def test_problems_of_labels_and_embeddings_come_together(neuco, labels, tmp_path):
    (labels / "u__regr.csv").write_text("id,label\na,inf\n")
    (tmp_path / "e.csv").write_text("<html>")
    ended = neuco("validate", tmp_path / "e.csv", "--labels", labels)
    assert ended.code == 4
    assert "web page" in ended.out
    assert "u__regr.csv: label is infinite" in ended.out


def test_json_is_a_list_of_findings_and_nothing_else_on_stdout(neuco):
    ended = neuco("validate", CSV, "--json")
    assert ended.code == 4
    found = json.loads(ended.out)
    assert found[0] == {
        "code": "empty-cells",
        "level": "error",
        "message": "empty cell in 3 rows and 3 columns",
        "count": 3,
        "examples": ["line 5 column '4'", "line 19 column '0'", "line 202 column '31'"],
    }


def test_nan_zero_forgives_bad_cells(neuco):
    assert neuco("validate", CSV, "--nan", "zero").code == 0


@pytest.mark.parametrize(
    "words", [("--labels", "x", "--ids", "y"), ("--subset", "dev"), ("--nan", "maybe")]
)
def test_options_that_do_not_fit_end_with_2(neuco, good, words):
    assert neuco("validate", good, *words).code == 2


def test_a_missing_file_ends_with_4_and_the_next_step(neuco, tmp_path):
    for command in (("validate",), ("inspect",), ("convert", tmp_path / "o.csv")):
        ended = neuco(command[0], tmp_path / "none.csv", *command[1:])
        assert ended.code == 4
        assert "no file" in ended.out + ended.err
        assert "Hint: ls" in ended.err


def test_inspect_shows_size_statistics_metadata_and_provenance(neuco, good):
    write_sidecar(good, {"machine": "m"})
    (shown,) = json.loads(neuco("inspect", good, "--json").out)
    expected = {
        "kind": "embeddings",
        "rows": 3,
        "dimension": 3,
        "stored_as": "float32",
        "bytes_per_row": 12,
        "min": -5.0,
        "max": 6.0,
        "zeros": 3,
        "constant_dimensions": 1,
        "equal_rows": 0,
        "metadata": {"encoder": {"component": "core/mean"}},
        "provenance": {"machine": "m"},
    }
    assert {key: shown[key] for key in expected} == expected
    assert shown["mean"] == pytest.approx(11 / 9)
    assert shown["std"] == pytest.approx(np.std([1, 2, 0, 3, 4, 0, -5, 6, 0]))
    text = neuco("inspect", good).out
    assert "dimension: 3\n" in text
    assert "    component: core/mean\n" in text


def test_inspect_shows_a_cube(neuco, tmp_path):
    path = tmp_path / "s1/part-000000/abc.zarr.zip"
    path.parent.mkdir(parents=True)
    write_modality(path, np.full((2, 2, 4, 5), -9.5, np.float32), ("vv", "vh"))
    (shown,) = json.loads(neuco("inspect", path, "--json").out)
    assert (shown["kind"], shown["id"], shown["modality"]) == ("cube", "abc", "s1")
    assert (shown["shape"], shown["bands"]) == ([2, 2, 4, 5], ["vv", "vh"])


def test_a_broken_cube_ends_with_4(neuco, tmp_path):
    (tmp_path / "x.zarr.zip").write_bytes(b"PK\x03\x04 no zip")
    assert neuco("inspect", tmp_path / "x.zarr.zip").code == 4


def test_inspect_shows_a_run_folder(neuco, tmp_path):
    run = sorted((REFERENCE / "leaderboard/runs/eval").iterdir())[0]
    (shown,) = json.loads(neuco("inspect", run, "--json").out)
    assert (shown["kind"], shown["experiment"]) == ("run", run.name)
    copy = shutil.copytree(run, tmp_path / "run")
    summary = (copy / "results_summary.json").read_text()
    (copy / "results_summary.json").write_text(summary.replace("{", '{"x": NaN,', 1))
    assert '"x": null' in neuco("inspect", copy, "--json").out
    (copy / "results_summary.json").write_text("{")
    assert neuco("inspect", copy).code == 4


def test_convert_keeps_every_number_id_and_what_is_known(neuco, good, tmp_path):
    write_sidecar(good, {"key": "k", "sha256": "s", "machine": "m"})
    for target in ("a.csv", "a.npz", "a.csv.gz", "b.parquet"):
        assert neuco("convert", good, tmp_path / target).code == 0
        copy = load_embeddings(tmp_path / target)
        assert copy.ids == ("a", "b", "c")
        assert np.array_equal(copy.matrix, load_embeddings(good).matrix)
        assert read_sidecar(tmp_path / target) == {"machine": "m", "converted_from": good.name}
    assert load_embeddings(tmp_path / "b.parquet").metadata == load_embeddings(good).metadata


def test_convert_to_csv_keeps_metadata_in_the_sidecar(neuco, good, tmp_path):
    neuco("convert", good, tmp_path / "a.csv")
    assert read_sidecar(tmp_path / "a.csv")["what"] == {"encoder": {"component": "core/mean"}}


def test_convert_replaces_nothing_unasked(neuco, good, tmp_path):
    (tmp_path / "a.csv").write_text("mine")
    ended = neuco("convert", good, tmp_path / "a.csv")
    assert ended.code == 2
    assert "--force" in ended.err
    assert (tmp_path / "a.csv").read_text() == "mine"
    assert neuco("convert", good, tmp_path / "a.csv", "--force").code == 0


def test_convert_refuses_what_is_not_strictly_right(neuco, tmp_path):
    ended = neuco("convert", CSV, tmp_path / "a.npz")
    assert ended.code == 4
    assert "empty cell" in ended.err
    assert not (tmp_path / "a.npz").exists()


def test_inspect_lists_the_runs_of_an_output_folder_and_of_a_phase(neuco):
    runs = sorted((REFERENCE / "leaderboard/runs/eval").iterdir())
    for folder in (runs[0].parents[1], runs[0].parent):
        rows = json.loads(neuco("inspect", folder, "--json").out)
        assert {"eval"} <= {row["phase"] for row in rows}
        assert {run.name for run in runs} <= {row["run"] for row in rows}
        assert rows[0]["tasks"] > 0
        assert neuco("inspect", folder).out.startswith("phase  run")


def test_inspect_of_a_file_of_a_run_shows_the_run(neuco, tmp_path):
    run = sorted((REFERENCE / "leaderboard/runs/eval").iterdir())[0]
    copy = shutil.copytree(run, tmp_path / "run")
    (copy / "run.json").write_text("{}")
    (shown,) = json.loads(neuco("inspect", copy / "run.json", "--json").out)
    assert (shown["kind"], shown["experiment"]) == ("run", run.name)


def test_whole_numbers_are_shown_with_all_their_digits(neuco, good):
    write_sidecar(good, {"costs": {"bytes_read": 190053376.0}})
    assert "bytes_read: 190053376\n" in neuco("inspect", good).out


def test_convert_to_a_folder_is_refused_even_with_force(neuco, good, tmp_path):
    (tmp_path / "a.csv").mkdir()
    ended = neuco("convert", good, tmp_path / "a.csv", "--force")
    assert (ended.code, list((tmp_path / "a.csv").iterdir())) == (2, [])
    assert "a.csv is a folder\nHint: name a file such as" in ended.err


def test_one_thing_is_not_said_in_the_plural(neuco, tmp_path):
    (tmp_path / "one.csv").write_text("id,0\na,1\n")
    ended = neuco("validate", tmp_path / "one.csv")
    assert ended.err.endswith("one.csv can be used: 1 embedding of 1 dimension\n")


def test_a_file_in_place_of_a_folder_is_called_a_file(neuco, good, tmp_path):
    for words in (
        ("leaderboard", good),
        ("encode", "random", "--dataset", "folder", "--data", good, "--output", tmp_path / "e.npz"),
    ):
        ended = neuco(*words)
        assert ended.code == 4
        assert f"{good} is a file, not a folder" in ended.err + ended.out


def test_a_phase_or_a_run_in_place_of_the_output_folder_is_answered_with_that_folder(
    neuco, tmp_path
):
    runs = shutil.copytree(REFERENCE / "leaderboard/runs", tmp_path / "runs")
    run = sorted((runs / "eval").iterdir())[0]
    for given, what in ((runs / "eval", "phase"), (run, "run")):
        ended = neuco("leaderboard", given)
        assert ended.code == 4
        assert f"{given} is one {what}, not a results folder" in ended.err
        assert ended.err.rstrip().endswith("runs")


def test_a_data_set_nobody_knows_is_refused_instead_of_changing_the_tasks(
    neuco, good, labels, tmp_path
):
    for words in (
        ("evaluate", good, "--output", tmp_path / "out"),
        ("tasks", "stats"),
        ("tasks", "export", "--output", tmp_path / "out"),
    ):
        ended = neuco(*words, "--labels", labels, "--dataset", "synthetic-eart")
        assert ended.code == 2
        assert "unknown dataset 'synthetic-eart'; did you mean 'synthetic-earth'" in ended.err
    assert not (tmp_path / "out").exists()
    assert not (labels / "stats.json").exists()


def test_an_interruption_while_the_program_is_still_imported_leaves_no_traceback(
    monkeypatch, neuco
):
    class Interrupted(ModuleType):
        def __getattr__(self, name: str) -> object:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "neucocore.cli.app", Interrupted("neucocore.cli.app"))
    assert neuco("list").code == 130


def test_statistics_of_labels_are_shown_where_nothing_can_be_written(neuco, labels, tmp_path):
    (tmp_path / "taken").write_text("mine")
    out = tmp_path / "taken" / "stats.json"
    ended = neuco("tasks", "stats", "--labels", labels, "--output", out)
    assert ended.code == 2
    assert "2 +- 0.8165 (1 to 3, 0 zeros)" in ended.out
    assert str(tmp_path / "taken") in ended.err


def test_inspect_lists_runs_although_one_of_them_is_broken(neuco, tmp_path):
    runs = shutil.copytree(REFERENCE / "leaderboard/runs/eval", tmp_path / "out/eval")
    broken, whole, *_ = sorted(runs.iterdir())
    (broken / "results_summary.json").write_text("{")
    ended = neuco("inspect", tmp_path / "out")
    assert (ended.code, whole.name in ended.out) == (0, True)
    assert f"warning: {broken.name}: " in ended.err
