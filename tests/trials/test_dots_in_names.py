"""Methods whose names contain dots, such as versions."""

from __future__ import annotations

import json

import numpy as np
import pytest

N, D = 60, 5
IDS = [f"s{row}" for row in range(N)]
RNG = np.random.default_rng(15)


def labels(folder):
    (folder / "L").mkdir()
    for name in ("height", "width"):
        rows = "".join(f"{sample},{RNG.normal():.4f}\n" for sample in IDS)
        (folder / "L" / f"{name}__regr.csv").write_text("id,label\n" + rows)


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".npz", ".parquet"])
def test_each_version_is_a_method_of_its_own(neuco, tmp_path, suffix):
    labels(tmp_path)
    names = ["prithvi-2.0", "prithvi-2.1", "prithvi-2"]
    for name in names:
        np.savez(tmp_path / "x.npz", ids=np.array(IDS), matrix=RNG.normal(size=(N, D)).astype("f4"))
        file = tmp_path / f"{name}{suffix}"
        if suffix == ".npz":
            (tmp_path / "x.npz").rename(file)
        else:
            assert neuco("convert", tmp_path / "x.npz", file, "--force").code == 0
        words = ("evaluate", file, "--labels", tmp_path / "L", "-o", tmp_path / "out")
        assert neuco(*words).code == 0
    ended = neuco("leaderboard", tmp_path / "out", "--format", "json")
    assert sorted(row["method"] for row in json.loads(ended.out)) == sorted(names)


def test_one_name_for_two_embeddings_is_reported_on_the_board(neuco, tmp_path):
    labels(tmp_path)
    for _ in range(2):
        matrix = RNG.normal(size=(N, D)).astype("f4")
        np.savez(tmp_path / "v1.5.npz", ids=np.array(IDS), matrix=matrix)
        words = ("evaluate", tmp_path / "v1.5.npz", "--labels", tmp_path / "L")
        assert neuco(*words, "-o", tmp_path / "out").code == 0
    ended = neuco("leaderboard", tmp_path / "out")
    assert ended.code == 0
    assert "the runs of the method v1.5 have different embeddings" in ended.err
    assert "--all-runs shows it" in ended.err
