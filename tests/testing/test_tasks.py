from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neucocore.components.specs import LabelSource, TaskSpec
from neucocore.data.labels.label_file import read_label_file
from neucocore.data.labels.labels import Labels

SOURCE = LabelSource(name="a", license="CC0-1.0", citation="b", region="c", years="d")
SPEC = TaskSpec(
    name="x",
    summary="s",
    dataset="synthetic-earth",
    problem="regression",
    primary_metric="r2",
    unit="share",
    low=0.0,
    high=1.0,
    source=SOURCE,
    exclusions="e",
    known_issues="n",
)
SCORED = {"task-claims", "task-random", "task-constant", "task-oracle", "task-shuffled"}
"""Checks that need an installed task; other tests run them with real plugins."""


class Valid:
    def labels(self, files: Sequence[Path]) -> Labels:
        return read_label_file(files[0]).labels()


class ReturnsNone(Valid):
    def labels(self, files: Sequence[Path]) -> Any:
        return None


class TooFew(Valid):
    def labels(self, files: Sequence[Path]) -> Labels:
        labels = super().labels(files)
        return replace(labels, y=labels.y[1:])


class Suffixed(Valid):
    def labels(self, files: Sequence[Path]) -> Labels:
        labels = super().labels(files)
        return replace(labels, ids=tuple(f"{sample}.zarr.zip" for sample in labels.ids))


class InPercent(Valid):
    def labels(self, files: Sequence[Path]) -> Labels:
        labels = super().labels(files)
        return replace(labels, y=100 * labels.y)


class Infinite(Valid):
    def labels(self, files: Sequence[Path]) -> Labels:
        labels = super().labels(files)
        return replace(labels, y=np.where(labels.y > 0.5, np.inf, labels.y))


class Strings(Valid):
    def labels(self, files: Sequence[Path]) -> Labels:
        labels = super().labels(files)
        return replace(labels, y=labels.y.astype(str))


class Random(Valid):
    def labels(self, files: Sequence[Path]) -> Labels:
        labels = super().labels(files)
        return replace(labels, y=np.random.default_rng().random(len(labels.y)))


class GloballySeeded(Valid):
    def labels(self, files: Sequence[Path]) -> Labels:
        np.random.seed(1)  # noqa: NPY002
        return super().labels(files)


class OneGroup(Valid):
    def labels(self, files: Sequence[Path]) -> Labels:
        labels = super().labels(files)
        return replace(labels, groups=np.array(["here"] * len(labels.ids)))


FAILED_CHECKS = {
    Valid: set(),
    ReturnsNone: {"task-created", "task-labels", "task-ids", "task-bounds", "task-splits"},
    TooFew: {"task-labels"},
    Suffixed: {"task-ids"},
    InPercent: {"task-bounds"},
    Infinite: {"task-bounds"},
    Strings: {"task-labels"},
    Random: {"task-repeatable"},
    GloballySeeded: {"task-repeatable"},
    OneGroup: {"task-splits"},
}


@pytest.mark.parametrize(
    ("task", "checks"), FAILED_CHECKS.items(), ids=lambda value: getattr(value, "__name__", "")
)
def test_each_mistake_of_a_task_fails_its_check(
    broken_checks: Callable[..., set[str]], task: type, checks: set[str]
) -> None:
    failed = broken_checks(replace(SPEC, factory=task)) - SCORED
    assert checks <= failed
    assert bool(checks) == bool(failed)


@pytest.mark.parametrize("field", ["exclusions", "known_issues", "unit"])
def test_a_task_must_describe_its_labels(
    broken_checks: Callable[..., set[str]], field: str
) -> None:
    assert broken_checks(replace(SPEC, **{field: ""})) - SCORED == {"task-documented"}
    without_license = replace(SPEC, source=replace(SOURCE, license=""))
    assert broken_checks(without_license) - SCORED == {"task-documented"}


def test_a_metric_must_apply_to_the_problem_of_the_task(
    broken_checks: Callable[..., set[str]],
) -> None:
    assert broken_checks(replace(SPEC, metrics=("f1",))) - SCORED == {"task-metrics"}
