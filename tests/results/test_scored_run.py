"""One evaluation to its run folder: found, repeated, drawn, or refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from neucocore.errors import ConfigError
from neucocore.evaluation.evaluate import EvaluateRequest, Switches, prepare
from neucocore.evaluation.protocols import protocol
from neucocore.results.scored_run import RunReport, run_protocol

ROBUST = protocol("robust")


@pytest.fixture
def request_of(tmp_path: Path):
    (tmp_path / "labels").mkdir()
    labels = "".join(f"c{n:02d},{(n * 7) % 11}\n" for n in range(30))
    (tmp_path / "labels/height__regr.csv").write_text("id,label\n" + labels)
    rows = "".join(f"c{n:02d},{(n * 7) % 11 + n % 3},{n % 5}\n" for n in range(30))
    (tmp_path / "e.csv").write_text("id,0,1\n" + rows)

    def make(**fields) -> EvaluateRequest:
        request = EvaluateRequest(tmp_path / "e.csv", tmp_path / "labels", tmp_path / "out", "e")
        return replace(request, **fields)

    return make


def ran(request: EvaluateRequest, **how) -> RunReport:
    return run_protocol(prepare(request), ROBUST, **how)


def test_an_equal_run_is_found_with_its_tasks_and_force_repeats_it(request_of) -> None:
    first, second, third = ran(request_of()), ran(request_of()), ran(request_of(), force=True)
    assert [report.up_to_date for report in (first, second, third)] == [False, True, False]
    assert first.folder == second.folder != third.folder
    assert first.rows() == second.rows() == third.rows()
    assert [(row["task"], row["n"], row["d"]) for row in first.rows()] == [("height", 30, 2)]


def test_a_run_of_another_method_phase_or_output_is_not_the_one_looked_for(
    request_of, tmp_path: Path
) -> None:
    ran(request_of())
    for other in ({"method": "f"}, {"phase": "dev"}, {"output": tmp_path / "elsewhere"}):
        assert not ran(request_of(**other)).up_to_date


def test_pictures_are_drawn_where_they_are_asked_for(request_of) -> None:
    assert list(ran(request_of()).folder.rglob("*.png")) == []
    pictures = ran(request_of(switches=Switches(plots=True))).folder.rglob("*.png")
    assert [picture.name for picture in pictures] == ["scatter.png"]


def test_the_run_notes_what_it_was_asked(request_of, tmp_path: Path) -> None:
    (tmp_path / "left-out.txt").write_text("c01\n")
    asked = request_of(exclude=tmp_path / "left-out.txt", limit=8, nan="zero")
    record = json.loads((ran(asked).folder / "run.json").read_text())
    noted = record["parameters"]
    assert (noted["exclude"], noted["dimension"], noted["nan"]) == (True, 8, "zero")
    assert (noted["groups"], noted["lenient"], noted["allow_missing"]) == (False, False, False)
    assert (record["embeddings"]["rows"], record["embeddings"]["dimension"]) == (29, 2)
    assert not record["partial"]


@pytest.mark.parametrize("name", ["../up", "", "a/b"])
@pytest.mark.parametrize("field", ["method", "phase"])
def test_fault_60_names_that_lead_elsewhere_are_refused_before_scoring(
    request_of, tmp_path: Path, field: str, name: str
) -> None:
    with pytest.raises(ConfigError, match=field):
        ran(request_of(**{field: name}))
    assert not (tmp_path / "out").exists()
