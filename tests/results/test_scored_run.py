"""An evaluation and its run folder: new, up to date, with plots, or an error."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from neucocore.errors import ConfigError
from neucocore.evaluation.options import EvaluateOptions
from neucocore.evaluation.prepare import prepare
from neucocore.evaluation.protocols import protocol
from neucocore.evaluation.request import evaluate_request
from neucocore.results.scored_run import RunReport, run_protocol

ROBUST = protocol("robust")


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
    return run_protocol(prepare(replace(evaluate_request(options), **names)), ROBUST)


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
    plots = run(options_of(plots=True)).folder.rglob("*.png")
    assert [plot.name for plot in plots] == ["scatter.png"]


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
