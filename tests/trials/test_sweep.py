"""neuco sweep on files: points, what is enough, gains of one embedding over another, bad input."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from scipy import stats

N = 240
RNG = np.random.default_rng(31)
IDS = [f"s{row:03d}" for row in range(N)]
CAUSES = RNG.normal(size=(N, 8))
Y = CAUSES @ RNG.normal(size=8) / 2 + 0.6 * RNG.normal(size=N)
KIND = np.where(CAUSES[:, 0] > 0.5, "a", np.where(CAUSES[:, 1] > 0, "b", "c"))


@pytest.fixture
def files(tmp_path):
    paths = []
    for seed, noise in ((1, 0.2), (2, 0.9)):
        rng = np.random.default_rng(seed)
        matrix = CAUSES @ rng.normal(size=(8, 32)) + noise * rng.normal(size=(N, 32))
        paths.append(tmp_path / f"e{seed}.npz")
        np.savez(paths[-1], ids=np.array(IDS), matrix=matrix.astype("f4"))
    return paths


@pytest.fixture
def labels(write_csv):
    return write_csv("labels.csv", ["id", "y", "kind"], zip(IDS, Y, KIND, strict=True))


@pytest.fixture
def sweep(neuco, tmp_path):
    def run(*words, code=0):
        ended = neuco("sweep", *words, "-o", tmp_path / "out")
        assert ended.code == code, ended.err
        if code == 0:
            ended.result = json.loads((tmp_path / "out" / "sweep.json").read_text())
        return ended

    return run


def influence(tmp_path, pattern, task="y"):
    (folder,) = (tmp_path / "out").glob(f"*/{pattern}_2*")
    record = json.loads((folder / "run.json").read_text())
    of_task = next(t for t in record["tasks"] if t["task"] == task)
    with np.load(folder / task / "influence.npz") as arrays:
        (name,) = (n for n in arrays.files if n.startswith(f"psi:{of_task['metric']}"))
        return of_task, arrays[name]


def test_points_and_losses_are_those_of_the_runs(sweep, files, labels, tmp_path):
    ended = sweep(files[0], "--labels", f"{labels}:y", "--families", "pca", "--dims", "8,4",
                  "--bits", "32,2", "--cube", "10,64,64,16")  # fmt: skip
    rows = {(r["family"], r["dimension"], r["bits"]): r for r in ended.result["rows"]}
    assert set(rows) == {("complete", 32, 32), ("pca", 8, 32), ("pca", 4, 32), ("pca", 8, 2),
                         ("pca", 4, 2)}  # fmt: skip
    full, psi = influence(tmp_path, "e1")
    small, psi_small = influence(tmp_path, "e1.pca-4x2bit")
    row = rows["pca", 4, 2]
    assert row["score"] == small["score"]
    assert row["loss"] == pytest.approx(full["score"] - small["score"])
    assert row["bytes"] == 1
    assert row["ratio"] == 10 * 64 * 64 * 2
    assert row["bits_per_pixel_band"] == pytest.approx(8 * row["coded_bytes"] / (10 * 64 * 64))
    noises = [t["metrics"][0]["influence"] for t in (full, small)]
    variance = np.sum((psi - psi_small) ** 2) / N**2
    scale = np.mean([noise["error_scale"] for noise in noises])
    training = 4 * sum(noise["training_noise"] for noise in noises) * scale**2 / N
    error = np.sqrt(variance + min(variance, training))
    reach = stats.t.ppf(0.975, N - 1) * error
    assert [row["loss_low"], row["loss_high"]] == pytest.approx(
        [row["loss"] - reach, row["loss"] + reach]
    )
    with (tmp_path / "out" / "sweep.csv").open() as file:
        table = list(csv.DictReader(file))
    assert len(table) == 5
    assert float(table[1]["score"]) == rows["pca", 8, 32]["score"]


def test_what_is_enough(sweep, files, labels):
    ended = sweep(files[0], "--labels", f"{labels}:y", "--families", "pca", "--dims", "16,8,2",
                  "--bits", "32,8", "--margin", "0.05")  # fmt: skip
    found = {one["family"]: one for one in ended.result["fewest_bytes"]}
    assert found["pca, 8 bits"]["enough"] == "pca-8x8bit"
    assert found["pca, 8 bits"]["too_small"] == ["pca-2x8bit"]
    assert "pca-8x8bit" in ended.out
    assert "loses at most 0.05" in ended.out


def test_the_gain_of_one_embedding_over_another(sweep, files, labels, tmp_path):
    ended = sweep(files[1], files[0], "--labels", f"{labels}:y", "--families", "pca", "--dims",
                  "16,8", "--bits", "32")  # fmt: skip
    (gain,) = ended.result["gains"]
    scores = {
        name: [influence(tmp_path, f"{name}.pca-{k}x32bit") for k in (16, 8)]
        for name in ("e1", "e2")
    }
    # Two sizes, straight lines: the mean over log2 bytes is the mean of the two scores.
    expected = np.mean([t["score"] for t, _ in scores["e1"]]) - np.mean(
        [t["score"] for t, _ in scores["e2"]]
    )
    assert gain["gain"] == pytest.approx(expected)
    difference = np.mean([psi for _, psi in scores["e1"]], axis=0) - np.mean(
        [psi for _, psi in scores["e2"]], axis=0
    )
    error = np.sqrt(2 * np.sum(difference**2) / N**2)
    reach = stats.t.ppf(0.975, N - 1) * error
    assert [gain["gain_low"], gain["gain_high"]] == pytest.approx(
        [expected - reach, expected + reach], abs=1e-6
    )
    assert gain["rate_saving"] is None
    assert "4 are needed" in gain["rate_saving_reason"]
    assert "e1 against e2" in ended.out


def test_rate_saving_and_bjontegaard_from_four_sizes(sweep, files, labels):
    ended = sweep(files[1], files[0], "--labels", f"{labels}:y", "--families", "pca", "--dims",
                  "8,4,2,1", "--bits", "8")  # fmt: skip
    (gain,) = ended.result["gains"]
    assert gain["rate_saving"] < 0
    assert gain["rate_saving_low"] < gain["rate_saving"] < gain["rate_saving_high"]
    assert set(gain["bjontegaard"]) == {"cubic", "pchip"}


@pytest.mark.parametrize("other", [slice(20, N), slice(10, N)])
def test_embeddings_scored_on_different_ids_have_no_gain(sweep, files, labels, other):
    for path, rows in zip(files, (slice(0, N - 20), other), strict=True):
        with np.load(path) as arrays:
            ids, matrix = arrays["ids"][rows], arrays["matrix"][rows]
        np.savez(path, ids=ids, matrix=matrix)
    ended = sweep(*files, "--labels", f"{labels}:y", "--families", "pca", "--dims", "8,4",
                  "--bits", "8", "--allow-missing")  # fmt: skip
    (gain,) = ended.result["gains"]
    assert gain["gain"] is None
    assert gain["gain_reason"] == "y: the embeddings were scored on different ids"


def test_draws_of_a_curve_keep_the_rows_of_a_unit_together():
    from neucocore.curves.gains import _draws
    from neucocore.statistics.influence import Influence

    values = np.repeat([1.0, -1.0, 2.0, -2.0], 5)
    units = np.repeat(np.arange(4), 5)
    spread = {}
    for groups in (None, units):
        one = Influence(values, 0.5, groups=groups)
        own = np.arange(20) if groups is None else units
        drawn, _ = _draws([[one]], [[one]], np.zeros(1), np.zeros(1), np.ones(1), [own])
        spread[groups is None] = drawn.std()
    # The square of the sum of 5 equal rows is 5 times the sum of squares; 4/3 for 4 groups.
    assert spread[False] / spread[True] == pytest.approx(np.sqrt(5 * 4 / 3), rel=0.05)


def test_the_order_of_dimensions(sweep, write_csv, tmp_path, labels):
    ordered = np.hstack([CAUSES, 3 * RNG.normal(size=(N, 24))]).astype("f4")
    file = tmp_path / "ordered.npz"
    np.savez(file, ids=np.array(IDS), matrix=ordered)
    ended = sweep(file, "--labels", f"{labels}:y", "--families", "prefix,rotation", "--dims", "8",
                  "--bits", "32")  # fmt: skip
    (found,) = ended.result["order_of_dimensions"]
    assert found["low"] > 0.1
    assert "the order of the dimensions matters: the first 8 score" in ended.out


def test_training_rows(sweep, files, labels, tmp_path):
    ended = sweep(files[0], "--labels", labels, "--families", "pca", "--dims", "8", "--bits", "32",
                  "--train-sizes", "auto")  # fmt: skip
    rows = [r for r in ended.result["rows"] if r["training_rows"] and r["task"] == "y"]
    assert [r["training_rows"] for r in rows] == [30, 60, 120]
    assert rows[0]["score"] < rows[-1]["score"]
    assert {one["target"] for one in ended.result["fewest_labels"]} == {"y", "kind", "mean skill"}
    assert "training rows" in ended.out
    wrong = sweep(files[0], "--labels", labels, "--train-sizes", "5", code=2)
    assert "at least 30 training rows" in wrong.err


def test_all_sizes_are_printed_when_asked_for(neuco, files, labels, tmp_path):
    ended = neuco("-v", "sweep", files[0], "--labels", f"{labels}:y", "--families", "pca", "--dims",
                  "8", "--bits", "8", "-o", tmp_path / "out")  # fmt: skip
    assert "pca 8 x 8 bit" in ended.out
    json_ended = neuco("sweep", files[0], "--labels", f"{labels}:y", "--families", "pca", "--dims",
                       "8", "--bits", "8", "-o", tmp_path / "out", "--json")  # fmt: skip
    assert json.loads(json_ended.out) == json.loads((tmp_path / "out" / "sweep.json").read_text())


def test_curves_are_drawn(sweep, files, labels, tmp_path):
    sweep(files[0], "--labels", f"{labels}:y", "--families", "pca", "--dims", "8,4", "--bits", "8",
          "--train-sizes", "60", "--plots")  # fmt: skip
    assert (tmp_path / "out" / "sweep.png").read_bytes()[:4] == b"\x89PNG"


def test_an_installed_reducer_takes_part(sweep, files, labels):
    ended = sweep(files[0], "--labels", f"{labels}:y", "--families", "projection", "--dims", "8",
                  "--bits", "32,8")  # fmt: skip
    assert {r["family"] for r in ended.result["rows"]} == {"complete", "projection"}


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--dims", "64"), "64 dimensions: the embedding has 32"),
        (("--dims", "x"), "--dims: not a positive integer: x"),
        (("--bits", "3"), "3 bits: possible are 32, 16, 8, 4, 2, 1"),
        (("--families", "pcaa"), "did you mean 'pca'"),
        (("--train-sizes", "216"), "each split has at most 216 training rows"),
        (("--families", "prefix", "--dims", "32", "--bits", "32"), "the embedding itself"),
        (("--margin", "0"), "the margin must be above 0"),
        (
            ("--dims", "8", "--bits", "8", "--families", "pca", "--cube", "3,4"),
            "--cube has 2 numbers",
        ),
    ],
)
def test_what_cannot_be(sweep, files, labels, words, text):
    assert text in sweep(files[0], "--labels", f"{labels}:y", *words, code=2).err
