"""``neuco leaderboard``: data on stdout, remarks on stderr."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from neucocore.cli.leaderboard import leaderboard
from neucocore.errors import ResultsError

RUNS = Path(__file__).parents[1] / "fixtures" / "reference" / "leaderboard" / "runs"
app = typer.Typer()
app.command()(leaderboard)


def run(*words: str) -> Result:
    result = CliRunner().invoke(app, [str(RUNS), *words], catch_exceptions=False)
    assert result.exit_code == 0
    return result


def test_the_table_ranks_on_stdout_and_explains_on_stderr() -> None:
    result = run()
    lines = result.stdout.splitlines()
    assert lines[0] == "eval: neuco-bench, ranked by weighted"
    assert lines[2].split()[:3] == ["1", "alpha", "10.013"]
    assert "golf" not in result.stdout
    assert "left out: golf_incomplete_20260101_000006, incomplete: crops missing" in result.stderr


@pytest.mark.parametrize("by", ["weighted", "uniform", "borda", "mean"])
def test_every_way_to_rank_orders_by_its_rank(by: str) -> None:
    rows = list(csv.DictReader(io.StringIO(run("--by", by, "--format", "csv").stdout)))
    ranks = [int(row["aggregated_rank"]) for row in rows]
    assert ranks == sorted(ranks)
    assert (rows[0]["method"] == "bravo") == (by == "mean")


def test_json_is_nothing_but_json_on_stdout() -> None:
    result = run("--format", "json")
    assert len(json.loads(result.stdout)) == 7
    assert "left out" in result.stderr


def test_documents_carry_their_remarks_themselves() -> None:
    for form, mark in (("md", "- left out: golf"), ("latex", "% left out: golf")):
        result = run("--format", form)
        assert mark in result.stdout
        assert result.stderr == ""


def test_an_empty_folder_is_a_results_error(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="contains no run"):
        CliRunner().invoke(app, [str(tmp_path)], catch_exceptions=False)
