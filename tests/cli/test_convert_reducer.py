"""``neuco convert --reducer`` and ``neuco encode --reducer``: smaller embeddings, described."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.decomposition import PCA

from neucocore import load_embeddings
from neucocore.cli import main

RNG = np.random.default_rng(4)
IDS = [f"s{row}" for row in range(60)]
X = (RNG.normal(size=(60, 10)) * np.arange(10, 0, -1)).astype("f4")


@pytest.fixture
def neuco(monkeypatch, capsys):
    def run(*words):
        monkeypatch.setattr(sys, "argv", ["neuco", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return SimpleNamespace(code=int(end.value.code or 0), out=captured.out, err=captured.err)

    return run


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "e.npz"
    np.savez(path, ids=np.array(IDS), matrix=X)
    return path


def test_components_of_all_rows(neuco, file, tmp_path):
    ended = neuco("convert", file, tmp_path / "p.parquet", "--reducer", "pca", "--dimension", 3)
    assert ended.code == 0
    assert "10 to 3 dimensions, 40 to 12 bytes per row" in ended.err
    found = load_embeddings(tmp_path / "p.parquet")
    expected = PCA(3).fit_transform(X.astype("f8"))
    signs = np.sign(np.sum(found.matrix * expected, axis=0))
    np.testing.assert_allclose(found.matrix * signs, expected, atol=1e-4)
    assert list(found.ids) == IDS
    reduction = found.metadata["reduction"]
    assert (reduction["features"], reduction["bytes_per_row"]) == (10, 12)
    assert reduction["reducer"]["component"] == "core/pca"
    assert found.metadata["fit"] == "transductive"


def test_one_after_another_is_recorded(neuco, file, tmp_path):
    neuco("convert", file, tmp_path / "p.npz", "--reducer", "pca", "--dimension", 4)
    ended = neuco("convert", tmp_path / "p.npz", tmp_path / "q.npz", "--reducer", "normal2")
    assert "16 to 1 bytes per row" in ended.err
    reduction = load_embeddings(tmp_path / "q.npz").metadata["reduction"]
    assert reduction["after"]["reducer"]["component"] == "core/pca"
    assert len(np.unique(load_embeddings(tmp_path / "q.npz").matrix[:, 0])) <= 4


def test_parameters(neuco, file, tmp_path):
    files = [tmp_path / f"{seed}.npz" for seed in (1, 2)]
    for seed, path in zip((1, 2), files, strict=True):
        words = ("--reducer", "projection", "--dimension", 5, "--set", f"seed={seed}")
        ended = neuco("convert", file, path, *words)
        assert "fitted on these rows" not in ended.err
    one, two = map(load_embeddings, files)
    assert np.abs(one.matrix - two.matrix).max() > 0.1
    assert one.metadata["reduction"]["params"] == {"seed": 1}
    assert "fit" not in one.metadata or one.metadata["fit"] == "none"


def test_csv_keeps_the_description_in_the_sidecar(neuco, file, tmp_path):
    neuco("convert", file, tmp_path / "p.csv", "--reducer", "normal8")
    sidecar = json.loads((tmp_path / "p.csv.run.json").read_text())
    assert sidecar["what"]["reduction"]["bytes_per_row"] == 10


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--reducer", "pcaa"), "did you mean 'pca'"),
        (("--dimension", "3"), "--dimension belongs to a reducer"),
        (("--set", "seed=1"), "--set belongs to a reducer"),
        (("--reducer", "pca", "--dimension", "99"), "the embeddings have 10 dimensions"),
        (("--reducer", "pca", "--set", "seed=1"), "unknown parameter 'seed'"),
        (("--reducer", "projection", "--set", "seed=x"), "seed"),
    ],
)
def test_what_cannot_be(neuco, file, tmp_path, words, text):
    ended = neuco("convert", file, tmp_path / "o.npz", *words)
    assert ended.code == 2
    assert text in ended.err
    assert not (tmp_path / "o.npz").exists()


def test_without_a_reducer_nothing_changes(neuco, file, tmp_path):
    neuco("convert", file, tmp_path / "c.npz")
    assert (load_embeddings(tmp_path / "c.npz").matrix == X).all()


def test_a_default_set_explicitly_is_the_same_as_none(neuco, file, tmp_path):
    words = ("convert", file, tmp_path / "o.npz", "--reducer", "projection", "--dimension", 4)
    neuco(*words)
    content = (tmp_path / "o.npz").read_bytes()
    assert neuco(*words, "--set", "seed=42").code == 0  # the same command: redone, not refused
    assert (tmp_path / "o.npz").read_bytes() == content
    assert "params" not in load_embeddings(tmp_path / "o.npz").metadata["reduction"]


@pytest.mark.parametrize(
    "other",
    [
        ("--reducer", "projection", "--dimension", 4, "--set", "seed=7"),
        ("--reducer", "projection", "--dimension", 5),
        ("--reducer", "pca", "--dimension", 4),
        (),
    ],
    ids=["parameter", "dimension", "reducer", "no-reducer"],
)
def test_the_result_of_another_reduction_is_not_replaced(neuco, file, tmp_path, other):
    out = tmp_path / "o.npz"
    words = ("--reducer", "projection", "--dimension", 4)
    assert neuco("convert", file, out, *words).code == 0
    content = out.read_bytes()
    ended = neuco("convert", file, out, *other)
    assert ended.code == 2
    assert "--force" in ended.err
    assert out.read_bytes() == content
    assert neuco("convert", file, out, *words).code == 0
    assert neuco("convert", file, out, *other, "--force").code == 0
    assert out.read_bytes() != content


@pytest.mark.parametrize("suffix", ["csv", "parquet", "npz"])
def test_what_embeddings_depend_on_is_kept_from_file_to_file(neuco, file, tmp_path, suffix):
    one = tmp_path / f"one.{suffix}"
    neuco("convert", file, one, "--reducer", "int8")
    neuco("convert", one, tmp_path / "two.npz", "--reducer", "float16")
    assert load_embeddings(one).metadata["fit"] == "transductive"
    assert load_embeddings(tmp_path / "two.npz").metadata["fit"] == "transductive"


def test_what_nothing_records_is_not_claimed(neuco, file, tmp_path):
    neuco("convert", file, tmp_path / "o.npz", "--reducer", "float16")
    assert "fit" not in load_embeddings(tmp_path / "o.npz").metadata
