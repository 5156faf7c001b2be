"""``neuco evaluate --config``: NeuCo-Bench's files as they are, its scores to the fold."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from neucocore.cli.evaluate import evaluate
from neucocore.cli.options import command
from neucocore.evaluation.options import EvaluateOptions

REFERENCE = Path(__file__).parents[1] / "fixtures" / "reference" / "evaluation"
app = typer.Typer()
app.command()(command(EvaluateOptions, evaluate))


def run(output: Path, config: Path, *more: str) -> tuple[Result, Path]:
    words = [
        str(REFERENCE / "embeddings.csv"), "--labels", str(REFERENCE / "labels"),
        "--config", str(config), "--output", str(output), "--method", "mine", "--jobs", "2", *more,
    ]  # fmt: skip
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0
    return result, max((output / "results").iterdir())


def content(file: Path) -> Any:
    return json.loads(file.read_text())


@pytest.mark.parametrize("name", ["default_small", "filtered", "forty_folds", "padded_raw"])
def test_the_run_folder_holds_the_references_scores(tmp_path: Path, name: str) -> None:
    result, folder = run(tmp_path, REFERENCE / f"{name}.config.yaml")
    expected = content(REFERENCE / f"{name}.expected.json")
    summary = content(folder / "results_summary.json")
    for overall in ("overall_q_score", "overall_acc_score"):
        assert summary[overall] == pytest.approx(expected[overall], abs=1e-4)
    assert list(summary["task_q_scores"]) == sorted(expected["tasks"])
    for task, want in expected["tasks"].items():
        got = content(folder / task / f"{task}_result.json")
        for key, value in want.items():
            assert got[key] == pytest.approx(value, abs=1e-4)
        assert summary["task_q_scores"][task] == got["q_stat"]
        assert summary["task_acc_scores"][task] == got["mean_score"]
    assert "counted as 0 (3 times)" in result.stderr
    assert "known defects" in result.stderr


def test_the_second_time_the_run_is_found_and_force_repeats_it(tmp_path: Path) -> None:
    config = REFERENCE / "filtered.config.yaml"
    _, first = run(tmp_path, config)
    again, folder = run(tmp_path, config)
    assert (folder, "up to date; --force scores again" in again.stderr) == (first, True)
    run(tmp_path, config, "--force")
    assert len(list((tmp_path / "results").iterdir())) == 2


def test_update_leaderboard_writes_the_table_where_neuco_bench_does(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    text = (REFERENCE / "filtered.config.yaml").read_text()
    config.write_text(text.replace("update_leaderboard: false", "update_leaderboard: true"))
    run(tmp_path, config)
    (file,) = (tmp_path / "leaderboards" / "results").iterdir()
    with file.open(newline="") as lines:
        (row,) = csv.DictReader(lines)
    assert (row["method"], row["aggregated_rank"]) == ("mine", "1")
