"""``neuco evaluate`` on small files made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from neucocore.cli.evaluate import evaluate
from neucocore.cli.options import command
from neucocore.evaluation.options import EvaluateOptions

app = typer.Typer()
app.command()(command(EvaluateOptions, evaluate))


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """Thirty embeddings of 40 dimensions and two tasks, one of which never varies."""
    header = ",".join(["id", *map(str, range(40))])
    rows = [f"s{n}," + ",".join(str((n * k + k * k) % 17) for k in range(2, 42)) for n in range(30)]
    (tmp_path / "e.csv").write_text("\n".join([header, *rows, ""]))
    labels = tmp_path / "labels"
    labels.mkdir()
    for name, value in (("flat", lambda n: 3), ("steep", lambda n: n % 17), ("twin", lambda n: n)):
        lines = [f"s{n},{value(n)}" for n in range(30)]
        (labels / f"{name}__regr.csv").write_text("\n".join(["id,label", *lines, ""]))
    return tmp_path


def scored(folder: Path, *more: str) -> Result:
    words = [str(folder / "e.csv"), "--labels", str(folder / "labels"), "--output"]
    return CliRunner().invoke(app, [*words, str(folder / "out"), *more], catch_exceptions=False)


def test_fault_28_29_why_a_task_has_no_score_and_what_was_noticed_is_said(folder: Path) -> None:
    result = scored(folder)
    assert result.exit_code == 0
    assert "flat: undefined, constant label: all 30 rows are 3" in result.stderr
    assert "steep, twin: fewer labelled rows (30) than dimensions (40)" in result.stderr


def test_a_task_without_a_score_names_the_metric_it_was_to_be_judged_by(folder: Path) -> None:
    assert row_of("flat", scored(folder, "--metric", "mae"))[1] == "mae"
    labels = folder / "labels"
    (labels / "flat__regr.csv").rename(labels / "flat__cls.csv")
    assert row_of("flat", scored(folder, "--protocol", "neucobench-2026"))[1] == "f1"


def row_of(task: str, result: Result) -> list[str]:
    (row,) = [line.split() for line in result.stdout.splitlines() if line.startswith(task)]
    return row
