"""An AlphaEarth table and a TESSERA-like table, each damaged in one way that people report.

Every corruption is named by ``validate`` and by ``evaluate``; the right files raise none of it.
"""

from __future__ import annotations

import numpy as np
import pytest

N = 240
RNG = np.random.default_rng(31)
IDS = np.array([f"plot-{row:03d}" for row in range(N)])
UNIT = RNG.normal(size=(N, 64))
UNIT /= np.linalg.norm(UNIT, axis=1, keepdims=True)
CODES = np.clip(np.round(np.sign(UNIT) * np.sqrt(np.abs(UNIT)) * 127.5), -127, 127).astype("i1")
AEF = (np.sign(CODES) * np.square(CODES / 127.5)).astype("f4")
Y = 10 * AEF[:, 0] + 10 * AEF[:, 1] + 0.3 * RNG.normal(size=N)
BANDS = [f"A{band:02d}" for band in range(64)]


@pytest.fixture
def named(neuco, write_csv, tmp_path):
    """Return the messages of validate and of evaluate about one table."""

    def run(values, *, columns=None, ids=IDS, y=Y, label_columns=None, options=()) -> list[str]:
        columns = columns or {}
        table = write_csv("E.csv", ["system:index", *BANDS, *columns, ".geo"], (
            [name, *row, *(column[k] for column in columns.values()), "{}"]
            for k, (name, row) in enumerate(zip(ids, values, strict=True))
        ))  # fmt: skip
        label_columns = label_columns or {}
        labels = write_csv("L.csv", ["id", "biomass", *label_columns], zip(
            ids, y, *label_columns.values(), strict=True
        ))  # fmt: skip
        texts = []
        ended = neuco("validate", table, "--labels", labels)
        texts.append(" ".join((ended.out + ended.err).split()))
        ended = neuco("evaluate", table, "--labels", labels, "-o", tmp_path / "out", "--force",
                      *options)  # fmt: skip
        texts.append(" ".join((ended.out + ended.err).split()))
        return texts

    return run


SIGNS = ("wrong formula", "not 1", "without data", "wrapped", "one per row", "another year",
         "several versions", "label seems", "equal", "copies", "differs by about 256")  # fmt: skip


def test_the_right_file_raises_nothing(named):
    for text in named(AEF, columns={"year": [2021] * N}, label_columns={"year": [2021] * N}):
        assert not [sign for sign in SIGNS if sign in text], text
        assert "error" not in text


@pytest.mark.parametrize(
    ("values", "formula"),
    [
        (CODES / 128, "v / 128 (linear)"),
        (CODES / 127, "v / 127 (linear)"),
        (CODES.astype(float), "the codes themselves"),
    ],
)
def test_a_wrong_formula(named, values, formula):
    for text in named(values):
        assert f"by a wrong formula: {formula}" in text


def test_no_data_as_data(named):
    values = AEF.astype(float)
    values[40:52] = -((128 / 127.5) ** 2)
    for text in named(values):
        assert "row without data: all 64 dimensions are -1.00786 (12 times): plot-040" in text


def test_wrapped_codes(named):
    wrapped = np.where(CODES < 0, CODES.astype(int) + 256, CODES)
    for text in named(wrapped):
        assert "uint8" in text
        assert "int8" in text


def test_another_year(named):
    validate, evaluate = named(
        AEF, columns={"year": [2017] * N}, label_columns={"year": [2019] * N}
    )
    assert (
        "240 of 240 rows have embeddings of another year than their labels: 2017 against 2019"
        in evaluate
    )
    assert "another year" in validate


def test_mixed_versions(named):
    versions = ["v1"] * 200 + ["v1.1"] * 40
    for text in named(AEF, columns={"version": versions}):
        assert "rows of several versions in the column 'version': v1 (200 rows)" in text


def test_a_label_among_the_columns(named):
    values = AEF.astype(float)
    values[:, 7] = 0.01 * Y
    _, evaluate = named(values)
    assert "dimension 7 is a linear function of the label" in evaluate


def test_a_fifth_of_the_rows_are_copies(named):
    values = AEF.copy()
    values[-48:] = values[:48]
    validate, evaluate = named(values)
    assert "row has the same vector as a row with another id" in validate
    assert "(96 times): plot-000 = plot-192" in validate
    assert "96 of 240" in evaluate


def test_a_scale_per_row_read_per_dimension(neuco, tmp_path, write_csv):
    """Square tables, in which a scale of shape (n,) could be either."""
    n = 96
    x = RNG.normal(size=(n, n)) * np.exp(RNG.normal(size=(n, 1)))
    scale = np.abs(x).max(axis=1) / 127
    codes = np.round(x / scale[:, None]).astype("i1")
    labels = write_csv("L.csv", ["id", "y"], zip(IDS[:n], x[:, 0], strict=True))
    files = {
        "declared": {"matrix": codes, "scale": scale[None].astype("f4")},
        "applied": {"matrix": (codes * scale[None]).astype("f4")},
        "right": {"matrix": codes, "scale": scale[:, None].astype("f4")},
    }
    for name, arrays in files.items():
        np.savez(tmp_path / f"{name}.npz", ids=IDS[:n], **arrays)
        for words in (
            ("validate", tmp_path / f"{name}.npz", "--labels", labels),
            ("evaluate", tmp_path / f"{name}.npz", "--labels", labels, "-o", tmp_path / "o"),
        ):
            ended = neuco(*words)
            text = " ".join((ended.out + ended.err).split())
            assert ("but the scale is one per dimension" in text) == (name != "right"), text


def test_a_coordinate_among_the_columns(named):
    lon, lat = RNG.uniform(5, 9, N), RNG.uniform(45, 49, N)
    values = AEF.astype(float)
    values[:, 3] = 0.1 * lon - 0.5
    _, evaluate = named(values, label_columns={"lon": lon, "lat": lat}, options=("--places", "off"))
    assert "dimension 3 is the longitude" in evaluate
    assert "the latitude" not in evaluate
