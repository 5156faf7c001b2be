"""Tasks with equal labels under two names (fault 82)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.evaluation.inputs import ScoringTask
from neucocore.evaluation.same_labels import count_note, same_labels, value_digest

IDS = tuple(f"k{row}" for row in range(12))


def task(key: str, y, problem="regression", ids=IDS, **fields) -> ScoringTask:
    return ScoringTask(key, key, problem, ids, np.asarray(y), "r2", **fields)


def test_fault_82_equal_labels_are_found_whatever_their_order_and_kind() -> None:
    y = np.arange(12) % 2
    reverse = tuple(reversed(IDS))
    tasks = [
        task("a", y.astype(float)),
        task("b", y[::-1].astype(float), ids=reverse),
        task("c", y, "binary", classes=("no", "yes")),
        task("d", 1.0 - y),
    ]
    assert same_labels(tasks) == [("a", "b", "c")]
    assert count_note(("a", "b", "c")).endswith("one task, counted 3 times in every mean and rank")
    assert "counted twice" in count_note(("a", "b"))


@settings(derandomize=True, max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 999), row=st.integers(0, 11), change=st.sampled_from(["none", "y", "id"])
)
def test_fault_82_any_other_value_or_id_makes_labels_different(seed, row, change):
    rng = np.random.default_rng(seed)
    first = task("a", rng.standard_normal((12, 2)), outputs=("p", "q"))
    order = rng.permutation(12)
    y, ids = first.y[order].copy(), [IDS[position] for position in order]
    if change == "y":
        y[row, seed % 2] += 1e-9
    elif change == "id":
        ids[row] = "other"
    second = replace(first, key="b", y=y, ids=tuple(ids))
    assert (value_digest(first) == value_digest(second)) == (change == "none")
