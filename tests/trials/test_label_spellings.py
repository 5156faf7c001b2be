"""Classes in several spellings, a class called NA, numbers that only Python reads."""

from __future__ import annotations

import json

import numpy as np
import pytest

N, D = 120, 4
RNG = np.random.default_rng(4)
IDS = [f"s{row:03d}" for row in range(N)]
X = RNG.normal(size=(N, D)).astype("f4")
COMMANDS = ("validate", "evaluate", "stats", "export", "inspect", "file")


@pytest.fixture
def embeddings(write_csv):
    rows = ([sample, *vector] for sample, vector in zip(IDS, X, strict=True))
    return write_csv("E.csv", ["id", *range(D)], rows)


@pytest.fixture
def run_command(neuco, embeddings, tmp_path):
    """Run a command that reads a folder of labels."""

    def run(command: str, file):
        words = {
            "validate": ("validate", embeddings, "--labels", file.parent),
            "evaluate": ("evaluate", embeddings, "--labels", file.parent, "-o", tmp_path / "o"),
            "stats": ("tasks", "stats", "--labels", file.parent, "-o", tmp_path / "stats.json"),
            "export": ("tasks", "export", "--labels", file.parent, "-o", tmp_path / "export"),
            "inspect": ("inspect", file),
            "file": ("validate", file),
        }[command]
        return neuco(*words)

    return run


def cells(*cycle: str) -> list[str]:
    return [cycle[row % len(cycle)] for row in range(N)]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("labels", "text"),
    [
        (cells("Yes", "YES", "yes", "No", "no"), "spelled in several ways, read as no and yes"),
        (cells("1", "true", "0", "False"), "'False' (30), 'true' (30)"),
        (cells("flooded", "Flooded", "dry"), "'Flooded' (40) and 'flooded' (40)"),
        (cells("low", "none"), "'none' is used as the name of a class"),
        (cells("wet", "dry", "nan"), "row without a label dropped (40 times): line 4"),
        (cells("0", "1", "NA"), "row without a label dropped (40 times): line 4"),
        (cells("0", "1", "-"), "row without a label dropped (40 times)"),
        (cells("wet", "No data"), "class 'No data' is likely a code for missing data"),
    ],
)
def test_fault_79_findings_of_label_files_are_shown_by_every_command(
    run_command, write_csv, command, labels, text
):
    file = write_csv("L/c__cls.csv", ["id", "label"], zip(IDS, labels, strict=True))
    ended = run_command(command, file)
    assert text in ended.err + ended.out
    if command != "export" or "lood" not in text:  # NeuCo-Bench supports two classes only
        assert ended.code == 0


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("1_000", "it holds an underscore"),
        ("\uff11\uff12\uff13", "its digits are not 0 to 9"),
        ("12,5", "it has a decimal comma"),
        ("1 234.5", "it has thousands separators"),
        ("3.5 m", "text follows the number"),
        ("inf", "label is infinite"),
    ],
)
def test_fault_80_numbers_that_only_some_programs_read_are_errors_with_lines(
    run_command, write_csv, command, cell, reason
):
    labels = [cell if row == 5 else row / 7 for row in range(N)]
    file = write_csv("L/y__regr.csv", ["id", "label"], zip(IDS, labels, strict=True))
    ended = run_command(command, file)
    assert ended.code == 4
    text = ended.err + ended.out
    assert reason in text
    assert "line 7" in text
    assert "Hint: " in ended.err


def test_booleans_in_five_spellings_are_two_classes(run_command, write_csv, tmp_path):
    labels = cells("True", "TRUE", "true", "False", "FALSE")
    file = write_csv("L/c__cls.csv", ["id", "label"], zip(IDS, labels, strict=True))
    run_command("stats", file)
    (row,) = json.loads((tmp_path / "stats.json").read_text())
    assert row["problem"] == "binary"
    assert row["distribution"] == {"false": 48, "true": 72}


def test_a_class_called_na_keeps_its_rows(run_command, write_csv, tmp_path):
    labels = cells("AF", "AS", "EU", "NA", "SA")
    file = write_csv("L/continent__cls.csv", ["id", "label"], zip(IDS, labels, strict=True))
    run_command("stats", file)
    (row,) = json.loads((tmp_path / "stats.json").read_text())
    assert row["distribution"]["NA"] == N // 5
    assert row["missing"] == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("id,label\n", "there is no row below the header"),
        ("id,label\na,\nb,nan\n", "the file holds no label"),
        ("id\na\n", "no column 'label' or 'label:<output>', only 'id'"),
        ("label\n1\n", "no column 'id', only 'label'"),
    ],
)
@pytest.mark.parametrize("command", COMMANDS)
def test_fault_89_label_files_without_labels_are_one_error(
    run_command, tmp_path, command, text, message
):
    (tmp_path / "L").mkdir()
    file = tmp_path / "L/y__regr.csv"
    file.write_text(text)
    ended = run_command(command, file)
    assert ended.code == 4
    assert (ended.err + ended.out).count(message) >= 1


def test_one_labelled_row_is_a_warning_and_no_score(run_command, write_csv):
    file = write_csv("L/y__regr.csv", ["id", "label"], [["s000", 1.5]])
    assert "the file holds a single label" in run_command("file", file).out
    assert "single label" in run_command("evaluate", file).err


def test_one_sample_in_two_spellings_of_its_id_is_an_error_that_names_both(run_command, write_csv):
    file = write_csv("L/y__regr.csv", ["id", "label"], [["s000", 1], ["s000.tif", 2], ["s001", 3]])
    ended = run_command("evaluate", file)
    assert ended.code == 4
    assert "'s000' (line 2)" in ended.err
    assert "'s000.tif' (line 3)" in ended.err


def test_a_stray_table_in_the_folder_does_not_block_other_tasks(run_command, neuco, write_csv,
                                                                embeddings, tmp_path):  # fmt: skip
    file = write_csv("L/good__regr.csv", ["id", "label"], zip(IDS, X[:, 0], strict=True))
    write_csv("L/notes.csv", ["what"], [["anything"]])
    words = ("evaluate", embeddings, "--labels", file.parent, "-o", tmp_path / "out")
    ended = neuco(*words, "--tasks", "good")
    assert ended.code == 0
    assert "notes.csv is skipped" in ended.err
