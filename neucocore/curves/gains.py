"""How much one embedding gains over another at equal sizes, over all sizes that both have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neucocore.curves.sweep import SizedRun
from neucocore.results.influence_file import read_ids
from neucocore.results.reading import RunRecord
from neucocore.results.skill import (
    Units,
    best_of,
    influence_of,
    primary_metric,
    source_of,
    units_of,
)
from neucocore.statistics.aggregate import skill_influence, source_weights
from neucocore.statistics.comparison import Comparison, TaskPair, compare_over_tasks
from neucocore.statistics.influence import Array, Influence, Undefined, unit_sums
from neucocore.statistics.multiple_testing import multiplier_draws
from neucocore.statistics.rates import bjontegaard, mean_gain, rate_saving

SEED = 20_261_126


@dataclass(frozen=True, eq=False)
class Curve:
    """The runs of one family at a fixed number of bits."""

    method: str
    family: str
    bits: int
    points: tuple[SizedRun, ...]

    @property
    def name(self) -> str:
        """Family and bits, for tables."""
        return f"{self.family}, {self.bits} bits"

    @property
    def bytes(self) -> Array:
        """(J,) bytes of a row."""
        return np.array([point.size.bytes_per_row for point in self.points], dtype=np.float64)


def curves_of(method: str, runs: Sequence[SizedRun]) -> list[Curve]:
    """Group the runs of an embedding by family and bits."""
    groups: dict[tuple[str, int], list[SizedRun]] = {}
    for one in runs:
        groups.setdefault((one.size.family, one.size.bits), []).append(one)
    return [Curve(method, *key, tuple(points)) for key, points in groups.items()]


def gain(first: Curve, second: Curve, tasks: Sequence[str]) -> dict[str, Any]:
    """Return what the second curve gains over the first in mean skill, as plain JSON values.

    Parameters
    ----------
    tasks
        Tasks that every run has a score for.
    """
    base = {
        "first": first.method,
        "second": second.method,
        "family": first.family,
        "bits": first.bits,
        "tasks": list(tasks),
    }
    run, other = first.points[0].run, second.points[0].run
    for task in tasks:
        if _ids(run, task) != _ids(other, task):
            reason = f"{task}: the embeddings were scored on different ids"
            return {**base, "gain": None, "gain_reason": reason}
    skills = [_skills(curve, tasks) for curve in (first, second)]
    for found in skills:
        if isinstance(found, Undefined):
            return {**base, "gain": None, "gain_reason": found.reason}
    a, b = (found for found in skills if not isinstance(found, Undefined))
    weights = source_weights([source_of(run, task) for task in tasks])
    scores_a, scores_b = _means(a, weights), _means(b, weights)
    found_gain = mean_gain(first.bytes, scores_a, second.bytes, scores_b)
    difference = Comparison(reason=found_gain.reason)
    if found_gain.weights_a is not None and found_gain.weights_b is not None:
        difference = _compared(
            run, tasks, weights, _combined(a, found_gain.weights_a),
            _combined(b, found_gain.weights_b),
        )  # fmt: skip
    draws = _draws(a, b, scores_a, scores_b, weights, units_of(run, tasks, a[0]))
    saving = rate_saving(first.bytes, scores_a, second.bytes, scores_b, draws)
    cubic, pchip = (
        bjontegaard(first.bytes, scores_a, second.bytes, scores_b, method)
        for method in ("cubic", "pchip")
    )
    return {
        **base,
        "gain": found_gain.value,
        "gain_low": difference.low,
        "gain_high": difference.high,
        "gain_reason": difference.reason,
        "rate_saving": saving.value,
        "rate_saving_low": saving.low,
        "rate_saving_high": saving.high,
        "rate_saving_reason": saving.reason,
        "bjontegaard": {
            "cubic": {"rate": cubic[0], "score": cubic[1]},
            "pchip": {"rate": pchip[0], "score": pchip[1]},
        },
    }


def _skills(curve: Curve, tasks: Sequence[str]) -> list[list[Influence]] | Undefined:
    """Return for each point the influence of the skill of each task."""
    rows = []
    for point in curve.points:
        row = []
        for task in tasks:
            record = primary_metric(point.run, task)
            found = skill_influence(
                influence_of(point.run, task), record.get("chance"), best_of(record)
            )
            if isinstance(found, Undefined):
                return Undefined(f"{task}: {found.reason}")
            row.append(found)
        rows.append(row)
    return rows


def _means(skills: Sequence[Sequence[Influence]], weights: Array) -> Array:
    return np.array([[one.estimate for one in row] for row in skills]) @ weights


def _combined(skills: Sequence[Sequence[Influence]], weights: Array) -> list[Influence]:
    """Return for each task the influence of the weighted mean over the points."""
    combined = []
    for of_task in zip(*skills, strict=True):
        values = sum(w * one.values for w, one in zip(weights, of_task, strict=True))
        combined.append(
            replace(
                of_task[0],
                values=np.asarray(values),
                estimate=float(sum(w * i.estimate for w, i in zip(weights, of_task, strict=True))),
                training_noise=None,
                error_scale=None,
            )
        )
    return combined


def _compared(
    run: RunRecord,
    tasks: Sequence[str],
    weights: Array,
    a: Sequence[Influence],
    b: Sequence[Influence],
) -> Comparison:
    units = units_of(run, tasks, a)
    pairs = [
        TaskPair(two, one, unit, float(weight))
        for one, two, unit, weight in zip(a, b, units, weights, strict=True)
    ]
    return compare_over_tasks(pairs)


def _draws(
    a: Sequence[Sequence[Influence]],
    b: Sequence[Sequence[Influence]],
    scores_a: Array,
    scores_b: Array,
    weights: Array,
    units: Sequence[Units],
) -> tuple[Array, Array] | None:
    """Return drawn scores of all points of both curves, drawn together.

    Rows of one unit, over all tasks, are drawn together. The variance is doubled, for the noise of
    training.
    """
    n_units = 1 + max(int(unit.max()) for unit in units)
    sums = np.zeros((n_units, len(a) + len(b)))
    for point, row in enumerate((*a, *b)):
        for one, unit, weight in zip(row, units, weights, strict=True):
            sums[:, point] += unit_sums(one.values * (weight / one.n), unit, n_units)
    covariance = 2 * sums.T @ sums
    if any(one.groups is not None for one in a[0]):
        covariance *= n_units / max(n_units - 1, 1)
    if not np.isfinite(covariance).all():
        return None
    drawn = multiplier_draws(covariance, np.random.default_rng(SEED))
    return scores_a + drawn[:, : len(a)], scores_b + drawn[:, len(a) :]


def _ids(run: RunRecord, task: str) -> list[str]:
    return list(run.tasks[task].ids or read_ids(run.folder, task).tolist())
