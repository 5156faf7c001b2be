"""A run folder with a damaged file is left out of a leaderboard, which ranks the others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import neucocore as nc
from neucocore.results.leaderboard import leaderboards
from neucocore.results.reading import read_runs

METHODS = ("best", "middle", "worst")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("damaged")
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((60, 3))
    ids = [f"s{number:02}" for number in range(60)]
    labels = dict(zip(ids, rows[:, 0], strict=True))
    for noise, method in enumerate(METHODS):
        X = rows + noise * rng.standard_normal(rows.shape)
        nc.evaluate(X, ids=ids, labels=labels, output=folder, method=method)
    return folder


def damaged(content: bytes, how: str) -> bytes | None:
    return {"cut off": content[:100], "text": b"nothing", "empty": b"", "missing": None}[how]


@pytest.mark.parametrize("how", ["cut off", "text", "empty", "missing"])
@pytest.mark.parametrize("name", ["predictions.npz", "influence.npz"])
def test_a_damaged_file_leaves_out_its_run(runs: Path, name: str, how: str) -> None:
    (file,) = runs.glob(f"*/best_*/*/{name}")
    content = file.read_bytes()
    try:
        if (wrong := damaged(content, how)) is None:
            file.unlink()
        else:
            file.write_bytes(wrong)
        (table,) = leaderboards(read_runs(runs))
    finally:
        file.write_bytes(content)
    assert [row.method for row in table.rows] == ["middle", "worst"]
    assert all(row.skill_low is not None for row in table.rows)
    ((experiment, reason),) = table.left_out
    assert experiment.startswith("best_")
    assert name in reason
    assert reason.endswith("evaluate again with --force")


def test_undamaged_runs_are_all_ranked(runs: Path) -> None:
    (table,) = leaderboards(read_runs(runs))
    assert [row.method for row in table.rows] == list(METHODS)
    assert table.left_out == ()
