"""Stored probes predict new rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, softmax

import neucocore
from neucocore.errors import ResultsError, ShapeError
from neucocore.evaluation.outcome import StoredProbe

N = 150
RNG = np.random.default_rng(6)
IDS = [f"s{row}" for row in range(N)]
X = RNG.normal(size=(N, 5)).astype("f4")
Y = X @ [1, 2, 0, 0, -1] + 0.01 * RNG.normal(size=N)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("probe")
    kind = np.array(["a", "b", "c"])[np.digitize(Y, [-1, 1])]
    missing = ["" if row < 20 else f"{value:.4f}" for row, value in enumerate(2 * Y)]
    lines = ["id,y,kind,pair:one,pair:two,flag"]
    lines += [
        f"{i},{y:.6f},{k},{y:.6f},{m},{'yes' if y > 0 else 'no'}"
        for i, y, k, m in zip(IDS, Y, kind, missing, strict=True)
    ]
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    np.savez(folder / "e.npz", ids=np.array(IDS), matrix=X)
    (report,) = neucocore.evaluate(
        folder / "e.npz", labels=folder / "labels.csv", output=folder / "out", store_probes=True
    )
    return report.folder


def test_values(run):
    probe = neucocore.load_probe(run / "y" / "probe")
    assert probe.predict(X)[:, 0] == pytest.approx(Y, abs=0.05)
    by_hand = X.astype("f8") @ probe.arrays["weights"] + probe.arrays["intercept"]
    assert probe.predict(X) == pytest.approx(by_hand)


def test_outputs_with_different_rows(run):
    predicted = neucocore.load_probe(run / "pair" / "probe").predict(X)
    assert predicted.shape == (N, 2)
    assert predicted == pytest.approx(np.column_stack([Y, 2 * Y]), abs=0.1)


def test_classes(run):
    probe = neucocore.load_probe(run / "kind" / "probe")
    predicted = probe.predict(X)
    assert probe.meta["classes"] == ["a", "b", "c"]
    by_hand = X.astype("f8") @ probe.arrays["weights"] + probe.arrays["intercept"]
    assert predicted == pytest.approx(softmax(by_hand, axis=1))
    truth = np.digitize(Y, [-1, 1])
    assert np.mean(predicted.argmax(axis=1) == truth) > 0.9
    flag = neucocore.load_probe(run / "flag" / "probe")
    score = X.astype("f8") @ flag.arrays["weights"] + flag.arrays["intercept"]
    assert flag.predict(X) == pytest.approx(expit(score))


def test_other_embeddings_and_other_probes(run):
    probe = neucocore.load_probe(run / "y" / "probe")
    with pytest.raises(ShapeError, match=r"\(150, 4\); the probe was trained on 5 dimensions"):
        probe.predict(X[:, :4])
    knn = StoredProbe({"X": X}, {"probe": "knn", "columns": [[0]], "predict": "nearest rows"})
    with pytest.raises(ResultsError, match="not a linear one"):
        knn.predict(X)
