"""One embedding in many generated tables: the score of the clean file, or a refusal, nothing else.

The tables differ in format, order of rows and columns, names of the dimensions, metadata columns
(some of them the label itself), spelling of the ids and parts. ``NEUCO_HOSTILE_TABLES=200`` tries
more of them than the tests do by default.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import shlex
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from neucocore import evaluate
from neucocore.errors import NeucoError

TABLES = int(os.environ.get("NEUCO_HOSTILE_TABLES", "20"))
N, D = 90, 7
RNG = np.random.default_rng(11)
IDS = [f"s{row:03d}" for row in range(N)]
X = RNG.normal(size=(N, D)).astype("f4")
Y = X[:, 0] - X[:, 3] + RNG.normal(size=N)

FORMS = (
    "csv",
    "csv.gz",
    "wide parquet",
    "list parquet",
    "json csv",
    "json parquet",
    "parts",
    "npz",
)
STEMS = ("", "A", "B", "emb", "embedding_", "feature.", "PC", "dim-", "x ", "v_1_")
ID_COLUMNS = ("id", "system:index", "unique_id", "file_id", "source_url", "cell_id", "filenames")
SPELLINGS = ("{}", "{}.tif", "{}.zarr.zip", "s3://tiles/2020/{}.tif", "/data/{}.npy", " {} ",
             "./a/{}.PNG", "https://host/{}.zarr?token=a/b")  # fmt: skip
METADATA = {
    "label": lambda rng: Y,
    "target": lambda rng: Y,
    "biomass_mean": lambda rng: Y,
    "lon": lambda rng: rng.uniform(-180, 180, N),
    "lat": lambda rng: Y + 45,
    "year": lambda rng: np.full(N, 2020),
    "fold": lambda rng: rng.integers(0, 5, N),
    "Unnamed: 0": lambda rng: np.arange(N),
    "country": lambda rng: rng.choice(["DE", "FR", "N/A"], N),
    ".geo": lambda rng: np.full(N, '{"type":"Point","coordinates":[1,2]}'),
    "note": lambda rng: np.full(N, 'a, "b"; c'),
    "2020": lambda rng: Y,
    "B8A": lambda rng: Y,
    "embedding_norm": lambda rng: np.abs(Y),
    "emb": lambda rng: Y,
    "A": lambda rng: Y,
    "pop_2000": lambda rng: Y,
    "pop_2010": lambda rng: Y,
    "y_0": lambda rng: Y,
    "y_1": lambda rng: Y,
    "scale": lambda rng: rng.uniform(1, 2, N),
    "nan": lambda rng: np.full(N, np.nan),
}
LISTS = {
    "bbox": lambda rng: rng.uniform(size=(N, 4)),
    "labels": lambda rng: np.c_[Y, Y],
    "patches": lambda rng: np.c_[Y, Y, Y],
}


def table(rng) -> tuple[str, dict[str, list[object]], dict[str, np.ndarray], str]:
    """Draw a form, its ids and metadata, its lists, and the stem of its dimensions."""
    form = str(rng.choice(FORMS))
    names = rng.choice(list(METADATA), rng.integers(0, 6), replace=False)
    spelling, id_column = str(rng.choice(SPELLINGS)), str(rng.choice(ID_COLUMNS))
    columns: dict[str, list[object]] = {id_column: [spelling.format(i) for i in IDS]}
    columns |= {str(name): METADATA[str(name)](rng).tolist() for name in names}
    lists = {}
    if "list" in form or form == "parts":
        chosen = rng.choice(list(LISTS), rng.integers(0, 2), replace=False)
        lists = {str(name): LISTS[str(name)](rng) for name in chosen}
    return form, columns, lists, str(rng.choice(STEMS))


def write(rng, folder: Path) -> Path:
    """Write one table with rows and columns in random order."""
    form, columns, lists, stem = table(rng)
    start = int(rng.integers(0, 2))
    order = rng.permutation(N)
    dimensions = {f"{stem}{start + k}": X[:, k] for k in range(D)}
    vector = str(rng.choice(["embedding", "embeddings", "v"]))
    cells: dict[str, object] = {name: np.array(values, object) for name, values in columns.items()}
    cells |= lists
    if form in ("list parquet", "parts", "npz"):
        cells[vector] = X
    elif form.startswith("json"):
        cells[vector] = np.array([json.dumps(row) for row in X.tolist()], object)
    else:
        cells |= dimensions
    names = list(cells)
    rng.shuffle(names)
    shuffled = {name: np.asarray(cells[name])[order] for name in names}
    if form == "npz":
        arrays = {name: values if values.ndim == 2 else values.astype(str)
                  for name, values in shuffled.items()}  # fmt: skip
        np.savez(folder / "e.npz", **arrays)
        return folder / "e.npz"
    if form.endswith(("csv", "csv.gz")):
        path = folder / f"e.{'csv.gz' if form == 'csv.gz' else 'csv'}"
        opener = gzip.open if form == "csv.gz" else open
        with opener(path, "wt", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(names)
            writer.writerows(zip(*shuffled.values(), strict=True))
        return path
    arrow = pa.table({name: pa.array(values.tolist()) for name, values in shuffled.items()})
    if vector in names and form != "json parquet":
        kind = pa.list_(pa.float32())
        position = names.index(vector)
        arrow = arrow.set_column(position, vector, arrow.column(vector).cast(kind))
    if form != "parts":
        pq.write_table(arrow, folder / "e.parquet")
        return folder / "e.parquet"
    (folder / "e").mkdir()
    for part, rows in enumerate(np.array_split(np.arange(N), 3)):
        pq.write_table(arrow.take(rows), folder / f"e/part-{part}.parquet")
    return folder / "e"


def score(file, folder: Path, **options) -> float:
    (report,) = evaluate(file, labels=folder / "L", output=folder / "out", **options)
    return report.tasks[0]["score"]


def score_or_refusal(file, folder: Path, **options) -> float | NeucoError:
    try:
        return score(file, folder, **options)
    except NeucoError as refusal:
        return refusal


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> float:
    folder = tmp_path_factory.mktemp("clean")
    write_labels(folder)
    np.savez(folder / "e.npz", ids=np.array(IDS), matrix=X)
    return score(folder / "e.npz", folder)


def write_labels(folder: Path) -> None:
    (folder / "L").mkdir()
    lines = [f"{i},{y!r}\n" for i, y in zip(IDS, Y.tolist(), strict=True)]
    (folder / "L/y__regr.csv").write_text("id,label\n" + "".join(lines))


@pytest.mark.parametrize("seed", range(TABLES))
def test_a_table_scores_as_the_clean_file_or_is_refused(tmp_path, clean, seed):
    write_labels(tmp_path)
    file = write(np.random.default_rng(seed), tmp_path)
    found = score_or_refusal(file, tmp_path)
    if isinstance(found, float):
        assert found == clean
        return
    assert found.hint
    option, _, value = found.hint.partition(" or ")[0].partition(" ")
    if option in ("--vector", "--id"):
        # The option to paste leads further: to a score, or to another refusal.
        named = {option.removeprefix("--"): shlex.split(value)[0].rstrip(";")}
        assert str(score_or_refusal(file, tmp_path, **named)) != str(found)
