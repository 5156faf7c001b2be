"""An evaluation and its run folder: new, up to date, with plots, or an error."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from neucocore.errors import ConfigError, RunError
from neucocore.evaluation.options import EvaluateOptions
from neucocore.evaluation.prepare import prepare
from neucocore.evaluation.protocols import protocol
from neucocore.evaluation.request import evaluate_request
from neucocore.results.run_json import edited_files
from neucocore.results.scored_run import RunReport, require_scores, run_protocol

NESTED_CV = protocol("nested-cv")


@pytest.fixture
def options_of(tmp_path: Path):
    (tmp_path / "labels").mkdir()
    labels = "".join(f"c{n:02d},{(n * 7) % 11}\n" for n in range(30))
    (tmp_path / "labels/height__regr.csv").write_text("id,label\n" + labels)
    rows = "".join(f"c{n:02d},{(n * 7) % 11 + n % 3},{n % 5}\n" for n in range(30))
    (tmp_path / "e.csv").write_text("id,0,1\n" + rows)

    def make(**fields) -> EvaluateOptions:
        values = {
            "embeddings": tmp_path / "e.csv",
            "labels": tmp_path / "labels",
            "output": tmp_path / "out",
            **fields,
        }
        return EvaluateOptions(**values)

    return make


def run(options: EvaluateOptions, **names: str) -> RunReport:
    return run_protocol(prepare(replace(evaluate_request(options), **names)), NESTED_CV)


def test_an_equal_run_is_up_to_date_and_force_repeats_it(options_of) -> None:
    first, second, third = run(options_of()), run(options_of()), run(options_of(force=True))
    assert [report.up_to_date for report in (first, second, third)] == [False, True, False]
    assert first.folder == second.folder != third.folder
    assert first.rows() == second.rows() == third.rows()
    assert [(row["task"], row["n"], row["d"]) for row in first.rows()] == [("height", 30, 2)]


def test_a_run_of_another_method_phase_or_output_is_not_up_to_date(
    options_of, tmp_path: Path
) -> None:
    run(options_of())
    for other in ({"method": "f"}, {"phase": "dev"}, {"output": tmp_path / "elsewhere"}):
        assert not run(options_of(**other)).up_to_date


def test_plots_are_drawn_only_if_requested(options_of) -> None:
    assert list(run(options_of()).folder.rglob("*.png")) == []
    report = run(options_of(plots=True))
    assert [plot.name for plot in report.folder.rglob("*.png")] == ["scatter.png"]
    (row,) = report.rows()
    assert (row["plots"], row["plots_not_drawn"]) == (["scatter.png"], "")
    assert "plots" not in run(options_of()).rows()[0]


def test_plots_that_are_not_drawn_are_reported_with_the_reason(options_of, tmp_path: Path) -> None:
    rows = "".join(f"c{n:02d},{n % 2},{n % 3 // 2}\n" for n in range(30))
    (tmp_path / "labels/marks__cls.csv").write_text("id,label:a,label:b\n" + rows)
    report = run(options_of(plots=True))
    marks = next(row for row in report.rows() if row["task"] == "marks")
    assert marks["plots"] == []
    assert marks["plots_not_drawn"] == "predictions of multilabel tasks are not drawn"
    assert "no plot of marks: predictions of multilabel tasks are not drawn" in report.notes


def test_the_digest_of_embeddings_does_not_depend_on_the_order_of_rows(
    options_of, tmp_path: Path
) -> None:
    first = run(options_of())
    header, *rows = (tmp_path / "e.csv").read_text().splitlines()
    (tmp_path / "e.csv").write_text("\n".join([header, *reversed(rows)]) + "\n")
    second = run(options_of(force=True))
    records = [json.loads((r.folder / "run.json").read_text()) for r in (first, second)]
    assert records[0]["embeddings"]["digest"] == records[1]["embeddings"]["digest"]
    assert records[0]["embeddings"]["sha256"] != records[1]["embeddings"]["sha256"]


def test_plots_of_a_run_that_is_up_to_date_are_drawn_from_its_predictions(options_of) -> None:
    first = run(options_of())
    later = run(options_of(plots=True))
    assert (later.up_to_date, later.folder) == (True, first.folder)
    assert [plot.name for plot in first.folder.rglob("*.png")] == ["scatter.png"]
    assert run(options_of()).up_to_date
    assert edited_files(first.folder, json.loads((first.folder / "run.json").read_text())) == []


def test_without_matplotlib_nothing_is_scored(options_of, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ConfigError, match="plots need matplotlib"):
        run(options_of(plots=True))
    assert not (tmp_path / "out").exists()


def test_everything_that_is_needed_to_repeat_a_run_is_recorded(options_of, tmp_path: Path) -> None:
    (tmp_path / "places.csv").write_text(
        "id,place\n" + "".join(f"c{n:02d},{n % 6}\n" for n in range(30))
    )
    (tmp_path / "left-out.txt").write_text("c01\nc99\n")
    labels = tmp_path / "labels"
    rows = "".join(f"c{n:02d},{'' if n == 4 else n},{n % 5 > 0}\n" for n in range(30))
    (labels / "width__regr.csv").write_text("id,label,dev\n" + rows)
    height = (labels / "height__regr.csv").read_text().splitlines()
    header, *lines = height
    lines = [f"{line},{int(line[1:3]) % 5 > 0}" for line in lines]
    (labels / "height__regr.csv").write_text("\n".join([f"{header},dev", *lines]) + "\n")
    options = options_of(
        exclude_file=tmp_path / "left-out.txt",
        split=f"group:{tmp_path / 'places.csv'}:place",
        subset="dev",
        tasks=("width",),
    )
    record = json.loads((run(options).folder / "run.json").read_text())

    def digest(name: str) -> str:
        return hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()

    parameters = record["parameters"]
    assert parameters["split"] == {
        "rule": "group:places.csv:place",
        "column": "place",
        "file": "places.csv",
        "sha256": digest("places.csv"),
        "groups": 6,
    }
    assert parameters["exclude"] == {
        "file": "left-out.txt",
        "sha256": digest("left-out.txt"),
        "ids": 2,
        "rows_left_out": 1,
    }
    assert parameters["subset"] == {"rule": "dev", "rows": 47, "rows_outside": 12}
    assert [(f["file"], f["sha256"], f["rows"]) for f in record["labels"]["files"]] == [
        ("height__regr.csv", digest("labels/height__regr.csv"), 30),
        ("width__regr.csv", digest("labels/width__regr.csv"), 29),
    ]
    assert record["embeddings"]["sha256"] == digest("e.csv")
    assert len(record["embeddings"]["digest"]) == 64
    options_record = record["options"]
    assert (options_record["tasks"], options_record["subset"], options_record["labels"]) == (
        ["width"],
        "dev",
        "labels",
    )
    assert str(tmp_path) not in json.dumps(record)
    (task,) = record["tasks"]
    counts = {name: value for name, value in task["counts"].items() if "copy" not in name}
    assert counts == {
        "rows_without_label": 1,
        "rows_outside_subset": 6,
        "rows_excluded": 1,
        "rows_without_embedding": 0,
        "columns_constant": 0,
        "columns_nearly_constant": 0,
        "columns_like_a_label": [],
    }
    assert task["n"] == 22


def test_tasks_and_files_that_are_left_out_are_recorded(options_of, tmp_path: Path) -> None:
    labels = tmp_path / "labels"
    (labels / "notes.csv").write_text("anything\n")
    (labels / "far__regr.csv").write_text("id,label\nz1,1\nz2,2\n")
    report = run(options_of(tasks=("height", "far"), allow_missing=True))
    record = json.loads((report.folder / "run.json").read_text())
    assert record["tasks_left_out"] == [
        {"task": "far", "reason": "none of its 2 ids has an embedding"}
    ]
    ((name, reason),) = [(s["name"], s["reason"]) for s in record["labels"]["skipped"]]
    assert (name, "not named like a label file" in reason) == ("notes.csv", True)
    assert any("the task far is left out" in text for text in record["warnings"])
    assert any("notes.csv is skipped" in text for text in record["warnings"])


def test_rows_for_json_hold_counts_outputs_and_warnings(options_of, tmp_path: Path) -> None:
    rows = "".join(f"c{n:02d},{n},{n if n < 4 else ''}\n" for n in range(30))
    (tmp_path / "labels/height__regr.csv").write_text("id,label:a,label:b\n" + rows)
    (row,) = run(options_of()).rows()
    assert [(o["name"], o["n"], o["averaged"]) for o in row["outputs"]] == [
        ("a", 30, True),
        ("b", 4, False),
    ]
    assert row["counts"]["rows_without_label"] == 0
    assert any("outputs that do not count in the score: b" in text for text in row["warnings"])


def test_fault_89_a_run_without_any_score_is_an_error_with_the_reasons(
    options_of, tmp_path: Path
) -> None:
    report = run(options_of())
    require_scores([report])
    flat = "".join(f"c{n:02d},3\n" for n in range(30))
    (tmp_path / "labels/height__regr.csv").write_text("id,label\n" + flat)
    undefined = run(options_of())
    with pytest.raises(RunError, match="no task has a score: 1 task undefined") as caught:
        require_scores([undefined])
    assert caught.value.problems == ("height: constant label: all 30 rows are 3",)
    require_scores([undefined, report])


def test_the_options_that_can_change_scores_are_recorded(options_of, tmp_path: Path) -> None:
    (tmp_path / "left-out.txt").write_text("c01\n")
    options = options_of(exclude_file=tmp_path / "left-out.txt", dimension=8, nan="zero")
    record = json.loads((run(options).folder / "run.json").read_text())
    parameters = record["parameters"]
    assert (parameters["exclude"]["file"], parameters["dimension"], parameters["nan"]) == (
        "left-out.txt",
        8,
        "zero",
    )
    assert parameters["split"] == {"rule": "random"}
    assert (parameters["lenient"], parameters["allow_missing"]) == (False, False)
    assert (record["embeddings"]["rows"], record["embeddings"]["dimension"]) == (29, 2)
    assert not record["partial"]


@pytest.mark.parametrize("name", ["../up", "", "a/b"])
@pytest.mark.parametrize("field", ["method", "phase"])
def test_fault_60_names_that_lead_to_other_folders_are_an_error_before_scoring(
    options_of, tmp_path: Path, field: str, name: str
) -> None:
    with pytest.raises(ConfigError, match=field):
        run(options_of(), **{field: name})
    assert not (tmp_path / "out").exists()
