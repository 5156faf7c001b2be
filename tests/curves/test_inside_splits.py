"""Reductions and training draws inside the splits of an evaluation, on real files."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.decomposition import PCA

from neucocore.curves.options import SweepOptions
from neucocore.curves.sizes import SharedTransforms, Size
from neucocore.curves.sweep import prepare_embedding

N, D = 150, 40
RNG = np.random.default_rng(8)
IDS = [f"s{row:03d}" for row in range(N)]
X = (RNG.standard_t(4, size=(N, D)) * np.arange(1, D + 1) ** -0.5).astype("f4")
Y = X[:, :5] @ RNG.normal(size=5) + 0.5 * RNG.normal(size=N)


@pytest.fixture
def write_labels(tmp_path):
    def write(column, values):
        file = tmp_path / f"{column}.csv"
        lines = [f"{name},{value}" for name, value in zip(IDS, values, strict=True)]
        file.write_text("\n".join([f"id,{column}", *lines]) + "\n")
        return file

    return write


@pytest.fixture
def prepared(tmp_path, write_labels):
    labels = write_labels("y", Y)

    def prepare(matrix=X, name="e", labels=labels):
        file = tmp_path / f"{name}.npz"
        np.savez(file, ids=np.array(IDS), matrix=matrix.astype("f4"))
        options = SweepOptions((str(file),), labels=labels, output=tmp_path / "out")
        return prepare_embedding(options, file)

    return prepare


def predictions(run, task="y"):
    with np.load(run.folder / task / "predictions.npz") as stored:
        return dict(zip(stored["ids"].tolist(), stored["y_pred"].tolist(), strict=True)), dict(
            zip(stored["ids"].tolist(), stored["split"].tolist(), strict=True)
        )


def test_components_are_fitted_without_the_held_out_rows(prepared):
    sized = prepared().at(Size("pca", 4), SharedTransforms())
    inside, fold_of = predictions(sized.run)
    assert sized.run.encoding["dimension"] == 4
    assert sized.run.encoding["bytes_per_sample"] == 16
    folds = np.array([fold_of[name] for name in IDS])
    for fold in (0, 7):
        axes = PCA(4).fit(X[folds != fold].astype("f8"))
        by_hand, _ = predictions(prepared(axes.transform(X), f"fold{fold}").score()[1])
        for name in np.array(IDS)[folds == fold]:
            assert inside[name] == pytest.approx(by_hand[name], abs=1e-3)
    on_all_rows = prepared(PCA(4).fit_transform(X), "all").score()[1]
    assert abs(on_all_rows.tasks["y"].score - sized.run.tasks["y"].score) > 1e-4


def test_a_quantiser_fitted_on_all_rows_gives_another_score(prepared):
    from neucocore.builtin.reducers.quantise import NormalSteps

    inside = prepared().at(Size("prefix", D, 2), SharedTransforms()).run.tasks["y"].score
    everything = NormalSteps(bits=2).fit(X).apply(X)
    outside = prepared(everything, "all2").score()[1].tasks["y"].score
    assert inside != pytest.approx(outside, abs=1e-5)
    assert inside == pytest.approx(outside, abs=0.1)


def test_training_draws_are_nested_differ_by_fold_and_leave_the_test_rows(prepared):
    embedding = prepared()
    everything, splits = predictions(embedding.score()[1])
    few, same_splits = predictions(embedding.with_training_rows(30).run)
    assert splits == same_splits
    assert len(few) == N
    assert few != everything
    all_of_them, _ = predictions(embedding.with_training_rows(10_000).run)
    assert all_of_them == pytest.approx(everything, abs=1e-9)


def test_scores_rise_with_the_number_of_training_rows(prepared):
    embedding = prepared()
    scores = [embedding.with_training_rows(rows).run.tasks["y"].score for rows in (30, 60, 120)]
    assert scores == sorted(scores)
    assert embedding.training_sizes() == [30, 60, 120]


def test_every_class_is_in_every_draw(prepared, write_labels):
    rare = np.where(np.arange(N) < 8, "rare", np.where(Y > 0, "high", "low"))
    embedding = prepared(labels=write_labels("kind", rare))
    run = embedding.with_training_rows(30).run
    assert run.tasks["kind"].score is not None
    assert embedding.smallest_training_size == 30


def test_a_repeated_size_is_found_again_and_another_is_not(prepared):
    embedding, shared = prepared(), SharedTransforms()
    first, again = (embedding.at(Size("pca", 4), shared).run for _ in range(2))
    other = embedding.at(Size("pca", 5), shared).run
    assert first.folder == again.folder
    assert other.folder != first.folder
    record = json.loads((first.folder / "run.json").read_text())["embeddings"]
    assert record["inside_splits"]["reduction"]["family"] == "pca"
    assert record["digest"] != json.loads((other.folder / "run.json").read_text())["embeddings"][
        "digest"
    ]  # fmt: skip


def test_coded_bytes_are_recorded(prepared):
    run = prepared().at(Size("prefix", D, 8), SharedTransforms()).run
    counts = run.tasks["y"].details["counts"]
    assert 0.5 * D < counts["coded_bytes_per_row"] < D * 1.2
    assert counts["side_bytes"] in (8 * D, 2 * 256 * D)


def test_the_key_of_a_run_depends_on_what_happens_inside_the_splits(prepared):
    from dataclasses import replace

    from neucocore.curves.sizes import SizeReduction

    embedding = prepared()

    def key(**changes):
        request = replace(embedding.request, **changes)
        changed = replace(embedding.prepared, request=request)
        return changed.for_protocol(embedding.protocol).key

    shared = SharedTransforms()
    keys = {
        key(),
        key(reduction=SizeReduction(Size("pca", 4), shared)),
        key(reduction=SizeReduction(Size("pca", 4, 8), shared)),
        key(reduction=SizeReduction(Size("prefix", 4), shared)),
        key(training_rows=30),
        key(training_rows=31),
    }
    assert len(keys) == 6


def test_every_split_has_a_draw_of_its_own(prepared, monkeypatch):
    from neucocore.evaluation.heldout import predict

    splits = []
    original = predict.drawn

    def recording(*args, **kwargs):
        splits.append(kwargs["split"])
        return original(*args, **kwargs)

    monkeypatch.setattr(predict, "drawn", recording)
    prepared().with_training_rows(40)
    assert sorted(splits) == [f"0/{fold}" for fold in range(10)]
