"""``neuco leaderboard --common-ids``: partial runs scored on the ids that all runs have."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

from neucocore import evaluate
from neucocore.errors import ResultsError
from neucocore.results.leaderboard import Table, leaderboards
from neucocore.results.reading import read_runs

DROPPED = {f"s{row:03d}" for row in range(0, 240, 6)}


@pytest.fixture
def out(scored_methods: Path, tmp_path: Path) -> Path:
    """Two complete runs, and one whose embeddings lack every sixth id."""
    output = tmp_path / "out"
    for method in ("best", "bad"):
        shutil.copytree(
            next((scored_methods / "out" / "results").glob(f"{method}_*")),
            output / "results" / f"{method}_20260101_000000",
        )
    lines = (scored_methods / "good.csv").read_text().splitlines()
    kept = [line for line in lines if line.partition(",")[0] not in DROPPED]
    (tmp_path / "good.csv").write_text("\n".join([*kept, ""]))
    evaluate(
        tmp_path / "good.csv",
        labels=scored_methods / "labels",
        output=output,
        allow_missing=True,
    )
    return output


def table_of(out: Path, **options: Any) -> Table:
    (table,) = leaderboards(read_runs(out), **options)
    return table


def test_a_partial_run_is_ranked_on_request_only(out: Path) -> None:
    ranked = {table.rows[0].method for table in leaderboards(read_runs(out)) if table.rows}
    assert ranked == {"best"}
    table = table_of(out, common_ids=True)
    assert [(row.method, row.aggregated_rank) for row in table.rows] == [
        ("best", 1),
        ("good", 2),
        ("bad", 3),
    ]
    assert "height is scored on 200 common ids of up to 240" in table.notes
    assert any("trained on different rows" in note for note in table.notes)
    assert all(row.skill_low < row.skill < row.skill_high for row in table.rows)
    assert all(pair.p_value is not None for pair in table.pairs)


def test_scores_are_those_of_the_held_out_predictions_of_the_common_ids(out: Path) -> None:
    rows = {row.method: row for row in table_of(out, common_ids=True).rows}
    for method, row in rows.items():
        (folder,) = (out / "results").glob(f"{method}_*")
        with np.load(folder / "height" / "predictions.npz") as found:
            ids, split, y, p = (found[name] for name in ("ids", "split", "y_true", "y_pred"))
        mean = np.array([y[split != number].mean() for number in split])
        common = ~np.isin(ids, sorted(DROPPED))
        sums = [np.sum((y - guess)[common] ** 2) for guess in (p, mean)]
        assert row.acc["height"] == pytest.approx(1 - sums[0] / sums[1])
        with np.load(folder / "kind" / "predictions.npz") as found:
            ids, y, p = (found[name] for name in ("ids", "y_true", "y_pred"))
        common = ~np.isin(ids, sorted(DROPPED))
        expected = f1_score(y[common], p[common].argmax(axis=1), average="macro")
        assert row.acc["kind"] == pytest.approx(expected)


def test_complete_runs_keep_their_scores(out: Path) -> None:
    shutil.rmtree(next((out / "results").glob("good_*")))
    before, after = table_of(out), table_of(out, common_ids=True)
    for row, other in zip(before.rows, after.rows, strict=True):
        assert row.method == other.method
        assert dict(other.q) == pytest.approx(dict(row.q))
        assert other.skill_low == pytest.approx(row.skill_low)
        assert other.skill_high == pytest.approx(row.skill_high)
    assert not any("common ids" in note for note in after.notes)


def test_other_labels_for_the_same_ids_are_left_out(out: Path) -> None:
    (folder,) = (out / "results").glob("good_*")
    path = folder / "height" / "predictions.npz"
    with np.load(path) as found:
        arrays = dict(found)
    arrays["y_true"] = arrays["y_true"] + 1
    np.savez(path, **arrays)
    table = table_of(out, common_ids=True)
    assert "height" not in table.tasks
    assert "left out: height: the runs have different labels for the same ids" in table.notes


def test_nothing_in_common_is_an_error(out: Path) -> None:
    (folder,) = (out / "results").glob("good_*")
    for path in folder.glob("*/predictions.npz"):
        path.unlink()
    with pytest.raises(ResultsError, match="no task can be scored on common ids") as caught:
        table_of(out, common_ids=True)
    assert len(caught.value.problems) == 4
