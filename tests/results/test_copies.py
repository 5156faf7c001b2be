"""Methods and tasks that are in a table twice, under two names (fault 82)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.results.copies import same_embeddings, tasks_with_same_labels
from neucocore.results.leaderboard import leaderboards
from neucocore.results.ranking import merits, ranks
from neucocore.results.reading import RunRecord, TaskRecord, read_runs

Make = Callable[..., Any]


def notes(results: Any, **options: Any) -> list[str]:
    return [note for t in leaderboards(read_runs(results.output), **options) for note in t.notes]


def test_fault_82_equal_embeddings_under_two_names_are_reported_with_the_ranks_they_move(
    results: Any, outcome: Make
) -> None:
    results.add("first", outcome("x", (0.8, 0.9)), embeddings={"digest": "d1", "sha256": "s1"})
    results.add("again", outcome("x", (0.8, 0.9)), embeddings={"digest": "d1", "sha256": "s2"})
    results.add("other", outcome("x", (0.1, 0.2)), embeddings={"digest": "d2", "sha256": "s3"})
    (note,) = [note for note in notes(results) if "same embeddings" in note]
    assert note == (
        "again and first have the same embeddings; as one method, ranks change: other 2 instead "
        "of 3"
    )


def test_a_copy_that_moves_no_rank_is_reported_without_ranks(results: Any, outcome: Make) -> None:
    results.add("best", outcome("x", (0.9, 0.9)), embeddings={"sha256": "s1"})
    results.add("low", outcome("x", (0.1, 0.2)), embeddings={"sha256": "s2"})
    results.add("low2", outcome("x", (0.1, 0.2)), embeddings={"sha256": "s2"})
    (note,) = [note for note in notes(results) if "same embeddings" in note]
    assert note == "low and low2 have the same embeddings"


def test_runs_that_do_not_record_embeddings_are_not_compared(results: Any) -> None:
    results.add("a")
    results.add("b")
    assert not any("same embeddings" in note for note in notes(results))


def test_one_method_with_other_embeddings_is_reported(results: Any) -> None:
    old = results.add("clay-v1.5", embeddings={"digest": "d1"})
    new = results.add("clay-v1.5", embeddings={"digest": "d2"})
    results.add("clay-v1.6", embeddings={"digest": "d3"})
    (note,) = [note for note in notes(results) if "different embeddings" in note]
    assert note == (
        f"the runs of the method clay-v1.5 have different embeddings: {old.name}, {new.name}; "
        "give each embedding a name of its own with --method"
    )


def test_one_method_scored_twice_with_the_same_embeddings_is_not_reported(results: Any) -> None:
    results.add("a", embeddings={"digest": "d1", "sha256": "csv"})
    results.add("a", embeddings={"digest": "d1", "sha256": "parquet"})
    assert not any("different embeddings" in note for note in notes(results))


def test_fault_82_equal_labels_under_two_task_names_are_reported(
    results: Any, outcome: Make
) -> None:
    for method, x, y in (("a", (0.9, 0.9), (0.1, 0.1)), ("b", (0.1, 0.1), (0.8, 0.8))):
        results.add(method, outcome("x", x), outcome("y", y), outcome("y2", y))
    first = read_runs(results.output)[0].tasks
    assert first["y"].values == first["x"].values  # the small outcomes share their labels
    (note,) = [note for note in notes(results) if "same labels" in note]
    assert note.startswith("the tasks x, y and y2 have the same labels; counted once")


def test_fault_82_tasks_with_different_labels_are_not_reported(results: Any, outcome: Make) -> None:
    clouds = outcome("clouds")
    clouds = replace(clouds, task=replace(clouds.task, y=np.array([5.0, 1.0, 2.0])))
    results.add("a", outcome("crops"), clouds)
    assert not any("same labels" in note for note in notes(results))


def records(q: np.ndarray, embeddings: list[int], labels: list[int]) -> list[RunRecord]:

    def record(row: int, column: int) -> TaskRecord:
        return TaskRecord(float(q[row, column]), None, f"l{column}", values=f"v{labels[column]}")

    return [
        RunRecord(
            folder=None,  # type: ignore[arg-type]
            phase="dev",
            experiment=f"m{row}_x",
            method=f"m{row}",
            protocol="p",
            started=f"{row}",
            tasks={f"t{column}": record(row, column) for column in range(q.shape[1])},
            embeddings=frozenset({f"digest {embeddings[row]}"}),
        )
        for row in range(len(q))
    ]


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 999),
    n=st.integers(2, 6),
    k=st.integers(1, 4),
    embeddings=st.lists(st.integers(0, 3), min_size=6, max_size=6),
    labels=st.lists(st.integers(0, 2), min_size=4, max_size=4),
    by=st.sampled_from(["weighted", "uniform", "borda", "mean"]),
)
def test_fault_82_every_set_is_reported_once_and_ranks_only_if_they_move(
    seed: int, n: int, k: int, embeddings: list[int], labels: list[int], by: Any
) -> None:
    embeddings, labels = embeddings[:n], labels[:k]
    q = np.random.default_rng(seed).integers(0, 4, (n, k)).astype(float)
    runs = records(q, embeddings, labels)
    tasks = [f"t{column}" for column in range(k)]
    repeated = [e for e in set(embeddings) if embeddings.count(e) > 1]
    texts = same_embeddings(runs, tasks, by)
    assert len(texts) == len(repeated)
    for text in texts:
        names = re.findall(r"m\d", text.partition(" have ")[0])
        rows = sorted(int(name[1:]) for name in names)
        kept = [row for row in range(n) if row not in rows[1:]]
        moved = (ranks(merits(q, by))[kept] != ranks(merits(q[kept], by))).any()
        assert ("ranks change" in text) == moved
    texts = tasks_with_same_labels(runs, tasks, by)
    assert len(texts) == len([v for v in set(labels) if labels.count(v) > 1])
    for text in texts:
        names = re.findall(r"t\d", text.partition(" have ")[0])
        columns = sorted(int(name[1:]) for name in names)
        kept = [column for column in range(k) if column not in columns[1:]]
        moved = (ranks(merits(q, by)) != ranks(merits(q[:, kept], by))).any()
        assert ("ranks change" in text) == moved
