"""One evaluation to its run folder: found, repeated, drawn, or refused."""

from __future__ import annotations

import json
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


def ran(options: EvaluateOptions) -> RunReport:
    return run_protocol(prepare(evaluate_request(options)), ROBUST)


def test_an_equal_run_is_found_with_its_tasks_and_force_repeats_it(options_of) -> None:
    first, second, third = ran(options_of()), ran(options_of()), ran(options_of(force=True))
    assert [report.up_to_date for report in (first, second, third)] == [False, True, False]
    assert first.folder == second.folder != third.folder
    assert first.rows() == second.rows() == third.rows()
    assert [(row["task"], row["n"], row["d"]) for row in first.rows()] == [("height", 30, 2)]


def test_a_run_of_another_method_phase_or_output_is_not_the_one_looked_for(
    options_of, tmp_path: Path
) -> None:
    ran(options_of())
    for other in ({"method": "f"}, {"phase": "dev"}, {"output": tmp_path / "elsewhere"}):
        assert not ran(options_of(**other)).up_to_date


def test_pictures_are_drawn_where_they_are_asked_for(options_of) -> None:
    assert list(ran(options_of()).folder.rglob("*.png")) == []
    pictures = ran(options_of(plots=True)).folder.rglob("*.png")
    assert [picture.name for picture in pictures] == ["scatter.png"]


def test_the_run_notes_what_it_was_asked(options_of, tmp_path: Path) -> None:
    (tmp_path / "left-out.txt").write_text("c01\n")
    asked = options_of(exclude_file=tmp_path / "left-out.txt", dimension=8, nan="zero")
    record = json.loads((ran(asked).folder / "run.json").read_text())
    noted = record["parameters"]
    assert (noted["exclude"]["file"], noted["dimension"], noted["nan"]) == (
        "left-out.txt",
        8,
        "zero",
    )
    assert noted["split"] == {"rule": "random"}
    assert (noted["lenient"], noted["allow_missing"]) == (False, False)
    assert (record["embeddings"]["rows"], record["embeddings"]["dimension"]) == (29, 2)
    assert not record["partial"]


@pytest.mark.parametrize("name", ["../up", "", "a/b"])
@pytest.mark.parametrize("field", ["method", "phase"])
def test_fault_60_names_that_lead_elsewhere_are_refused_before_scoring(
    options_of, tmp_path: Path, field: str, name: str
) -> None:
    with pytest.raises(ConfigError, match=field):
        ran(options_of(**{field: name}))
    assert not (tmp_path / "out").exists()
