from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neucocore.components.specs import LabelSource, TaskSpec
from neucocore.data.labels.labels import Labels, read_label_file

SOURCE = LabelSource(name="a", license="CC0-1.0", citation="b", region="c", years="d")
SPEC = TaskSpec(
    name="x",
    summary="s",
    dataset="d",
    problem="regression",
    primary_metric="r2",
    unit="share",
    low=0.0,
    high=1.0,
    source=SOURCE,
    exclusions="e",
    known_issues="n",
)
SCORED = {"task-claims", "task-random", "task-constant", "task-oracle", "task-permuted"}
"""Checks that look the task up among the installed ones; tried with real plugins elsewhere."""


class Fine:
    def labels(self, files: Sequence[Path]) -> Labels:
        return read_label_file(files[0]).labels()


class Nothing(Fine):
    def labels(self, files: Sequence[Path]) -> Any:
        return None


class TooFew(Fine):
    def labels(self, files: Sequence[Path]) -> Labels:
        found = super().labels(files)
        return replace(found, y=found.y[1:])


class Suffixed(Fine):
    def labels(self, files: Sequence[Path]) -> Labels:
        found = super().labels(files)
        return replace(found, ids=tuple(f"{sample}.zarr.zip" for sample in found.ids))


class InPercent(Fine):
    def labels(self, files: Sequence[Path]) -> Labels:
        found = super().labels(files)
        return replace(found, y=100 * found.y)


class Infinite(Fine):
    def labels(self, files: Sequence[Path]) -> Labels:
        found = super().labels(files)
        return replace(found, y=np.where(found.y > 0.5, np.inf, found.y))


class Texts(Fine):
    def labels(self, files: Sequence[Path]) -> Labels:
        found = super().labels(files)
        return replace(found, y=found.y.astype(str))


class Dice(Fine):
    def labels(self, files: Sequence[Path]) -> Labels:
        found = super().labels(files)
        return replace(found, y=np.random.default_rng().random(len(found.y)))


class GloballySeeded(Fine):
    def labels(self, files: Sequence[Path]) -> Labels:
        np.random.seed(1)  # noqa: NPY002
        return super().labels(files)


class OneGroup(Fine):
    def labels(self, files: Sequence[Path]) -> Labels:
        found = super().labels(files)
        return replace(found, groups=np.array(["here"] * len(found.ids)))


WRONG = {
    Fine: set(),
    Nothing: {"task-made", "task-labels", "task-ids", "task-units", "task-splits"},
    TooFew: {"task-labels"},
    Suffixed: {"task-ids"},
    InPercent: {"task-units"},
    Infinite: {"task-units"},
    Texts: {"task-labels"},
    Dice: {"task-repeatable"},
    GloballySeeded: {"task-repeatable"},
    OneGroup: {"task-splits"},
}


@pytest.mark.parametrize(
    ("task", "checks"), WRONG.items(), ids=lambda value: getattr(value, "__name__", "")
)
def test_what_a_task_does_wrong_is_named(
    broken_checks: Callable[..., set[str]], task: type, checks: set[str]
) -> None:
    found = broken_checks(replace(SPEC, factory=task)) - SCORED
    assert checks <= found
    assert bool(checks) == bool(found)


@pytest.mark.parametrize("field", ["exclusions", "known_issues", "unit"])
def test_a_task_that_does_not_describe_itself_is_named(
    broken_checks: Callable[..., set[str]], field: str
) -> None:
    assert broken_checks(replace(SPEC, **{field: ""})) - SCORED == {"task-documented"}
    nowhere = replace(SPEC, source=replace(SOURCE, license=""))
    assert broken_checks(nowhere) - SCORED == {"task-documented"}


def test_a_metric_for_another_problem_is_named(broken_checks: Callable[..., set[str]]) -> None:
    assert broken_checks(replace(SPEC, metrics=("f1",))) - SCORED == {"task-metrics"}
