"""How many bytes a row has in tables: as it is stored or coded, never more than float32."""

from __future__ import annotations

import numpy as np
import pytest

import neucocore

N, D = 80, 6
RNG = np.random.default_rng(2)
IDS = np.array([f"s{row}" for row in range(N)])
CODES = RNG.integers(-100, 100, (N, D)).astype("i1")


@pytest.fixture
def bytes_of(tmp_path):
    lines = [f"{i},{row[0]}" for i, row in zip(IDS, CODES, strict=True)]
    (tmp_path / "y.csv").write_text("\n".join(["id,y", *lines]) + "\n")

    def score(**arrays):
        np.savez(tmp_path / "e.npz", ids=IDS, **arrays)
        neucocore.evaluate(
            tmp_path / "e.npz", labels=tmp_path / "y.csv", output=tmp_path / "out", force=True
        )
        (table,) = neucocore.leaderboard(tmp_path / "out")
        return table.rows[0].encoding["bytes_per_sample"]

    return score


def test_codes_count_as_they_are_stored(bytes_of):
    assert bytes_of(matrix=CODES, scale=np.float32(0.1)) == D


@pytest.mark.parametrize(("dtype", "expected"), [("f2", 2 * D), ("f4", 4 * D), ("f8", 4 * D)])
def test_floats(bytes_of, dtype, expected):
    assert bytes_of(matrix=CODES.astype(dtype) / 7) == expected


def test_a_reducer_says_how_small_its_rows_are(bytes_of):
    import json

    metadata = json.dumps({"reduction": {"bytes_per_row": 2.0}})
    assert bytes_of(matrix=CODES.astype("f4"), metadata=np.array(metadata)) == 2
