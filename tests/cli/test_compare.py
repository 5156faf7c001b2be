"""``neuco compare`` on a terminal, in a pipe, and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from neucocore import evaluate
from neucocore.cli.app import app
from neucocore.errors import ConfigError


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs of embeddings of unequal quality."""
    folder = tmp_path_factory.mktemp("compare")
    rng = np.random.default_rng(2)
    X = rng.normal(size=(80, 3)).round(4)
    (folder / "labels").mkdir()
    values = X[:, 0] + 0.5 * rng.normal(size=80)
    lines = [f"s{n},{value:.4f}" for n, value in enumerate(values)]
    (folder / "labels" / "height__regr.csv").write_text("\n".join(["id,label", *lines, ""]))
    for name, matrix in (("good", X), ("bad", rng.normal(size=(80, 3)).round(4))):
        rows = [f"s{n}," + ",".join(map(str, row)) for n, row in enumerate(matrix)]
        (folder / f"{name}.csv").write_text("\n".join(["id,0,1,2", *rows, ""]))
        evaluate(folder / f"{name}.csv", labels=folder / "labels", output=folder / "out")
    return folder / "out"


def neuco(*words: str) -> Any:
    return CliRunner().invoke(app, ["compare", *words], catch_exceptions=False)


def test_the_table_the_verdict_and_the_overall_difference_are_data(out: Path) -> None:
    result = neuco("good", "bad", "--results", str(out), "--margin", "0.1")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "good compared with bad, nested-cv@1"
    assert " ".join(lines[1].split()) == (
        "task metric good bad difference 95 % interval p (Holm) detectable n"
    )
    assert lines[3] == "good is better on 1 of 1 task, bad on 0, no difference is shown on 0"
    assert lines[4].startswith("overall: mean skill +0.")
    assert lines[4].count("good is better") == 1
    assert "good is at most 0.1 worse than bad: shown (one-sided p" in lines[5]
    assert lines[-1] == "both have 12 bytes per sample"
    assert "80 % power" in result.stderr


def test_json_is_a_list_of_pairs(out: Path) -> None:
    (pair,) = json.loads(neuco("good", "bad", "--results", str(out), "--json").stdout)
    assert (pair["method"], pair["baseline"]) == ("good", "bad")
    (task,) = pair["tasks"]
    assert task["low"] < task["difference"] < task["high"]
    assert task["better"] == pair["overall"]["better"] == "good"
    assert task["adjusted_p_value"] == task["p_value"]


def test_the_baseline_can_be_named(out: Path) -> None:
    words = ("bad", "--baseline", "good", "--results", str(out), "--json")
    (pair,) = json.loads(neuco(*words).stdout)
    assert (pair["method"], pair["baseline"]) == ("bad", "good")
    assert "bad is better on 0 of 1 task, good on 1" in pair["verdict"]


def test_inspect_shows_the_scores_of_a_run_with_their_intervals(out: Path) -> None:
    (folder,) = (out / "results").glob("good_*")
    shown = CliRunner().invoke(app, ["inspect", str(folder)], catch_exceptions=False)
    (metric,) = [t["metrics"][0] for t in json.loads((folder / "run.json").read_text())["tasks"]]
    assert f"{metric['low']:.3f} to {metric['high']:.3f}" in shown.stdout.splitlines()[2]
    assert "kind: run" not in shown.stdout
    detailed = CliRunner().invoke(app, ["-v", "inspect", str(folder)], catch_exceptions=False)
    assert "kind: run" in detailed.stdout


def test_inspect_draws_the_predictions_of_a_run(out: Path, tmp_path: Path) -> None:
    (folder,) = (out / "results").glob("good_*")
    words = ["inspect", str(folder), "--png", str(tmp_path / "run.png")]
    shown = CliRunner().invoke(app, words, catch_exceptions=False)
    assert shown.exit_code == 0
    assert "run.png: image written" in shown.stderr
    assert (tmp_path / "run.png").read_bytes().startswith(b"\x89PNG")


def test_inspect_draws_no_other_files(out: Path, tmp_path: Path) -> None:
    words = ["inspect", str(next(out.parent.glob("*.csv"))), "--png", str(tmp_path / "e.png")]
    with pytest.raises(ConfigError, match="--png draws cubes and runs"):
        CliRunner().invoke(app, words, catch_exceptions=False)
    run = str(next((out / "results").glob("good_*")))
    words = ["inspect", run, "--png", str(tmp_path / "run.bmp")]
    with pytest.raises(ConfigError, match="unknown image suffix"):
        CliRunner().invoke(app, words, catch_exceptions=False)
    assert list(tmp_path.iterdir()) == []
