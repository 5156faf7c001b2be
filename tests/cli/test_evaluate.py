"""``neuco evaluate`` on small files made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from neucocore.cli.evaluate import evaluate
from neucocore.cli.options import command
from neucocore.errors import ConfigError
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


@pytest.fixture(name="sites")
def _sites(tmp_path: Path) -> Path:
    """Ninety embeddings of four dimensions, with values, two classes, and groups."""
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(90, 4)).round(4)
    labels = tmp_path / "labels"
    labels.mkdir()
    columns = {
        "height__regr": rows[:, 0] + rng.normal(size=90).round(4),
        "ship__cls": (rows[:, 1] > 0.3).astype(int),
    }
    for name, values in columns.items():
        lines = [f"s{n},{value},p{n % 12}" for n, value in enumerate(values)]
        (labels / f"{name}.csv").write_text("\n".join(["id,label,place", *lines, ""]))
    lines = [f"s{n}," + ",".join(map(str, row)) for n, row in enumerate(rows)]
    (tmp_path / "e.csv").write_text("\n".join(["id,0,1,2,3", *lines, ""]))
    return tmp_path


def rows_of(result: Result) -> dict[str, dict[str, Any]]:
    return {row["task"]: row for row in json.loads(result.stdout)}


def test_a_score_is_shown_with_its_interval_and_chance_and_without_the_std_of_splits(
    sites: Path,
) -> None:
    result = scored(sites)
    heading, height, _ = result.stdout.splitlines()
    assert " ".join(heading.split()) == ("task metric score 95 % interval chance n also")
    row = rows_of(scored(sites, "--json"))["height"]
    rmse = row["details"]["outputs"][0]["rmse"]
    assert height.split()[2:] == [
        f"{row['score']:.4f}", f"{row['low']:.3f}", "to", f"{row['high']:.3f}", "0.0000", "90",
        "rmse", f"{rmse:.4g}",
    ]  # fmt: skip
    assert row["low"] < row["score"] < row["high"]
    assert "note: interval of height, ship: fewer rows than in any simulation (100)" in (
        result.stderr
    )


def test_json_has_the_interval_of_every_metric_or_a_reason(sites: Path) -> None:
    rows = rows_of(scored(sites, "--json", "--split", "group:place"))
    for row in rows.values():
        assert row["split"] == "group:place"
        assert "rough: only 12 groups" in row["remarks"]
        for metric in row["metrics"]:
            assert (metric["low"] is None) == bool(metric["interval_reason"])
            assert metric["chance"] is not None
    assert rows["ship"]["problem"] == "binary"


def test_folds_and_repeats_are_options_and_part_of_the_identity(sites: Path) -> None:
    result = scored(sites, "--folds", "5", "--repeats", "2")
    (folder,) = (sites / "out" / "results").iterdir()
    record = json.loads((folder / "run.json").read_text())
    assert record["protocol"]["options"]["folds"] == 5
    assert record["tasks"][0]["splits"] == 10
    assert record["protocol"]["identity"].startswith("nested-cv@1+")
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--folds", "5", "--set", "folds=4"), "--folds 5 and --set folds=4"),
        (("--repeats", "5", "--protocol", "neucobench-2026"), "unknown option 'repeats'"),
    ],
)
def test_folds_that_contradict_or_do_not_exist_are_refused(
    sites: Path, options: tuple[str, ...], problem: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        scored(sites, *options)
    assert caught.value.problems == (problem,)
    assert caught.value.hint


def test_the_jackknife_gives_other_intervals_and_equal_scores(sites: Path) -> None:
    plain, jackknife = scored(sites, "--json"), scored(sites, "--json", "--interval", "jackknife")
    one, other = rows_of(plain)["height"], rows_of(jackknife)["height"]
    assert one["score"] == other["score"]
    assert one["low"] != other["low"]


def test_scores_of_neuco_benchs_protocol_have_the_interval_of_their_folds(sites: Path) -> None:
    row = rows_of(scored(sites, "--json", "--protocol", "neucobench-2026"))["height"]
    (folder,) = (sites / "out" / "results").iterdir()
    values = json.loads((folder / "height" / "height_result.json").read_text())["q_t"]
    assert len(values) == 40
    # Nadeau and Bengio (2003): variance times 1/40 + 1/9; the quantile of t with 39 degrees.
    reach = 2.0226909 * np.sqrt((1 / 40 + 1 / 9) * np.var(values, ddof=1))
    assert [row["low"], row["high"]] == pytest.approx(
        [np.mean(values) - reach, np.mean(values) + reach], rel=1e-6
    )
    assert row["remarks"] == ["from the scores of the folds"]


def test_the_noise_ceiling_is_shown_where_labels_have_errors(sites: Path) -> None:
    file = sites / "labels" / "height__regr.csv"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([f"{lines[0]},label_sd", *(f"{line},0.5" for line in lines[1:]), ""]))
    result = scored(sites)
    assert "attainable" in result.stdout.splitlines()[0]
    y = np.array([float(line.split(",")[1]) for line in lines[1:]])
    assert f"{1 - 0.25 / y.var():.4f}" in result.stdout
