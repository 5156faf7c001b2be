"""Embeddings and labels that are objects: the same scores as from files, and nothing written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import neucocore
from neucocore import Embeddings, NeucoError, evaluate

N = 60
IDS = [f"p{number:02d}" for number in range(N)]
X = np.random.default_rng(0).normal(size=(N, 5)).astype(np.float32)
Y = X[:, 0].astype(np.float64) + np.random.default_rng(1).normal(size=N) / 10
LABELS = pd.DataFrame({"id": IDS, "forest": Y})


class CapsuleFrame:
    """A data frame of a library that only offers its data to Arrow."""

    def __init__(self, table: Any) -> None:
        self.__arrow_c_stream__ = table.__arrow_c_stream__


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def scores(embeddings: Any, labels: Any = LABELS, **options: Any) -> dict[str, tuple[float, int]]:
    (report,) = evaluate(embeddings, labels=labels, **options)
    return {row["task"]: (row["score"], row["n"]) for row in report.rows()}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[float, int]]:
    """The scores of the same numbers from files."""
    file = tmp_path_factory.mktemp("files") / "e.npz"
    neucocore.save_embeddings(Embeddings(tuple(IDS), X), file)
    LABELS.to_csv(file.with_name("labels.csv"), index=False)
    return scores(file, file.with_name("labels.csv"))


def columns() -> pd.DataFrame:
    return pd.DataFrame(X, columns=[f"e{column}" for column in range(5)])


@pytest.mark.parametrize(
    "make",
    [
        lambda: Embeddings(tuple(IDS), X),
        lambda: Embeddings(IDS, X),  # type: ignore[arg-type]
        lambda: columns().assign(id=IDS),
        lambda: columns().set_index(pd.Index(IDS)),
        lambda: columns().set_index(pd.Index(IDS, name="site")),
        lambda: pd.DataFrame(X, index=IDS),
        lambda: pd.DataFrame({"id": IDS, "embedding": list(X)}),
        lambda: pa.Table.from_pandas(columns().assign(id=IDS)),
        lambda: pa.RecordBatch.from_pandas(columns().assign(id=IDS)),
        lambda: CapsuleFrame(pa.Table.from_pandas(columns().assign(id=IDS))),
    ],
)
def test_embeddings_in_memory_have_the_scores_of_their_file(
    make: Callable[[], Any], expected: dict[str, tuple[float, int]]
) -> None:
    assert scores(make()) == expected


@pytest.mark.parametrize("ids", [IDS, tuple(IDS), np.array(IDS), np.array(IDS, object), iter(IDS)])
def test_an_array_has_its_ids_next_to_it(ids: Any, expected: dict[str, tuple[float, int]]) -> None:
    assert scores(X, ids=ids) == expected
    assert scores(X.tolist(), ids=IDS) == expected


def test_a_polars_frame_is_a_frame(expected: dict[str, tuple[float, int]]) -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    vectors = polars.Series(X.tolist(), dtype=polars.Array(polars.Float32, X.shape[1]))
    categories = polars.Series(IDS, dtype=polars.Categorical)
    assert scores(polars.from_pandas(columns().assign(id=IDS))) == expected
    assert scores(polars.DataFrame({"id": IDS, "embedding": X.tolist()})) == expected
    assert scores(polars.DataFrame({"id": categories, "embedding": vectors})) == expected
    assert scores(X, polars.from_pandas(LABELS), ids=IDS) == expected


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int8, ">f4"])
def test_numbers_of_every_type_are_taken(dtype: Any) -> None:
    assert scores((X * 10).astype(dtype), ids=IDS)["forest"][0] > 0.5


@pytest.mark.parametrize(
    "labels",
    [
        {"forest": dict(zip(IDS, Y, strict=True))},
        {"id": IDS, "forest": Y},
        {"id": np.array(IDS), "forest": Y.tolist()},
        {"forest": pd.Series(Y, index=IDS)},
        pd.Series(Y, index=IDS, name="forest"),
        LABELS.set_index("id"),
        pa.Table.from_pandas(LABELS),
        CapsuleFrame(pa.Table.from_pandas(LABELS)),
    ],
)
def test_labels_in_memory_have_the_scores_of_their_file(
    labels: Any, expected: dict[str, tuple[float, int]]
) -> None:
    assert scores(X, labels, ids=IDS) == expected


def test_labels_without_a_name_are_the_task_labels() -> None:
    assert list(scores(X, dict(zip(IDS, Y, strict=True)), ids=IDS)) == ["labels"]
    assert list(scores(X, pd.Series(Y, index=IDS), ids=IDS)) == ["labels"]


def test_ids_may_be_integers() -> None:
    assert scores(X, dict(enumerate(Y)), ids=range(N))["labels"][1] == N
    assert scores(X, pd.Series(Y), ids=np.arange(N))["labels"][1] == N


def test_ids_without_a_label_are_left_out_of_a_task() -> None:
    few = dict(zip(IDS[:50], Y, strict=False))
    found = scores(X, {"few": few, "all": dict(zip(IDS, Y, strict=True))}, ids=IDS)
    assert {task: n for task, (_, n) in found.items()} == {"few": 50, "all": N}
    missing = {**dict.fromkeys(IDS), **few}
    assert scores(X, {"few": missing}, ids=IDS)["few"][1] == 50


def test_nothing_is_written_unless_an_output_is_named(folder: Path) -> None:
    (report,) = evaluate(X, ids=IDS, labels=LABELS)
    assert report.folder is None
    assert list(folder.iterdir()) == []
    with pytest.raises(NeucoError, match="was not written to a folder"):
        report.run_folder()
    (written,) = evaluate(X, ids=IDS, labels=LABELS, output="out", method="mine")
    assert written.run_folder().parent.parent == Path("out")
    assert written.rows() == report.rows()


def test_a_run_records_that_its_inputs_were_in_memory_and_their_digests() -> None:
    (report,) = evaluate(X, ids=IDS, labels=LABELS, output="out")
    record = json.loads((report.run_folder() / "run.json").read_text())
    embeddings = record["embeddings"]
    assert (embeddings["file"], embeddings["in_memory"]) == ("embeddings-in-memory", True)
    assert embeddings["sha256"] is None
    (labels,) = record["labels"]["files"]
    assert labels["file"] == "labels-in-memory"
    assert len(labels["sha256"]) == 64
    neucocore.save_embeddings(Embeddings(tuple(IDS), X), "e.npz")
    (of_file,) = evaluate("e.npz", labels=LABELS, output="out")
    other = json.loads((of_file.run_folder() / "run.json").read_text())["embeddings"]
    assert other["digest"] == embeddings["digest"]
    assert other["in_memory"] is False


def test_an_equal_run_is_up_to_date_and_a_changed_number_is_not() -> None:
    def up_to_date(matrix: Any, labels: Any) -> bool:
        (report,) = evaluate(matrix, ids=IDS, labels=labels, output="out")
        return report.up_to_date

    changed = X.copy()
    changed[3, 2] += 1e-3
    assert [up_to_date(X, LABELS), up_to_date(X, LABELS)] == [False, True]
    assert not up_to_date(changed, LABELS)
    assert not up_to_date(X, LABELS.assign(forest=Y + np.eye(N)[0] / 100))


def test_checks_of_files_apply_to_objects() -> None:
    with_nan = X.copy()
    with_nan[1, 2] = np.nan
    with pytest.raises(NeucoError, match="NaN in 1 row and 1 column"):
        scores(with_nan, ids=IDS)
    assert scores(with_nan, ids=IDS, nan="zero")["forest"][1] == N
    with pytest.raises(NeucoError, match="the maximum is 3"):
        scores(X, ids=IDS, dimension=3)
    with pytest.raises(NeucoError, match="the maximum is 3"):
        scores(Embeddings(tuple(IDS), X), dimension=3)


def test_columns_of_a_frame_are_named_as_those_of_a_file() -> None:
    frame = columns().assign(site=IDS, cover=Y)
    assert scores(frame, id="site", vector="e*")["forest"][1] == N
    assert scores(X, LABELS.rename(columns={"id": "site"}), ids=IDS, id=None)["forest"][1] == N


def test_groups_are_read_from_a_column_of_labels_in_memory() -> None:
    labels = LABELS.assign(region=[f"r{row % 12}" for row in range(N)])
    (report,) = evaluate(X, ids=IDS, labels=labels, split="group:region")
    assert report.rows()[0]["split"] == "group:region"


@pytest.mark.parametrize(
    ("embeddings", "options", "message"),
    [
        (X, {"ids": IDS[:3]}, "3 ids for 60 rows"),
        (X, {"ids": ["a"] * N}, "id occurs more than once"),
        (X, {"ids": [None] * N}, "ids must be"),
        (X, {"ids": [""] * N}, "empty id"),
        (X, {}, "the 60 rows of the array have no ids"),
        (X[0], {"ids": IDS}, r"found ndarray of shape \(5,\)"),
        ([*X.astype(object).tolist(), [1]], {"ids": IDS}, "found list"),
        (np.full((N, 2), "x"), {"ids": IDS}, "found ndarray"),
        ((IDS, X), {}, "found tuple"),
        (5, {}, "found int"),
        (None, {}, "embeddings must be a text, or `Embeddings`, a data frame"),
        ("e.csv", {"ids": IDS}, "ids are those of an array"),
        (X, {"ids": IDS, "vector": "e*"}, "vector does not apply"),
        (X, {"ids": IDS, "id": "site"}, "id does not apply"),
        (Embeddings(tuple(IDS), X), {"ids": IDS}, "ids does not apply"),
        (columns().assign(id=IDS), {"ids": IDS}, "ids does not apply"),
        (columns(), {}, "no column 'id'"),
        (pd.DataFrame({"id": IDS, "a": [1, "x"] * 30}), {}, "cannot be read from a DataFrame"),
        (pd.concat([columns(), columns()], axis=1), {}, "cannot be read from a DataFrame"),
        (X, {"ids": IDS, "plots": True}, "files of a run folder"),
        (X, {"ids": IDS, "labels": 3}, "labels must be a folder, .* found int"),
        (X, {"ids": IDS, "labels": {}}, "the mapping of labels is empty"),
        (X, {"ids": IDS, "labels": {"a": 1, "b": {"c": 1}}}, "some values of the mapping"),
        (X, {"ids": IDS, "labels": {"id": IDS, "y": Y[:3]}}, "different lengths"),
        (X, {"ids": IDS, "labels": {"q": {"z": 1.0}}}, "no id in common|one value"),
        (X, {"ids": IDS, "labels": {"q": {1.5: 1.0}}}, "ids? .*fraction"),
    ],
)
def test_every_mistake_is_a_neuco_error(
    embeddings: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(NeucoError, match=message):
        evaluate(embeddings, **{"labels": LABELS} | options)


def test_sweep_and_choose_take_labels_in_memory() -> None:
    neucocore.save_embeddings(Embeddings(tuple(IDS), X), "a.npz")
    neucocore.save_embeddings(Embeddings(tuple(IDS), X[:, 1:]), "b.npz")
    labels = {"forest": dict(zip(IDS, Y, strict=True))}
    swept = neucocore.sweep("a.npz", labels=labels, output="sweep", families="prefix", dims=[2])
    assert {row["task"] for row in swept.rows} == {"forest"}
    chosen = neucocore.choose(["a.npz", Path("b.npz")], labels=labels, output="choice")
    assert chosen.sentences
