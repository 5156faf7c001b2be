"""Scores and places: blocks of growing size, what the place alone predicts, and the gain over it.

Random folds estimate the score at fresh places among the labelled ones; blocks of a side L estimate
it at places that are mostly at least that far from any label of the same region. No block size
estimates the score in a new region. The gain over the place is

    score(embedding and place) - score(place)

and what the place adds to the embedding

    score(embedding and place) - score(embedding)

both on the same folds, with paired intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.coordinates import Places
from neucocore.errors import DataError
from neucocore.evaluation.heldout.joined_task import JoinedTask, join
from neucocore.evaluation.heldout.metrics import metrics_for, pooled_score
from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.join import rows_of
from neucocore.evaluation.outcome import MetricScore, TaskOutcome
from neucocore.evaluation.places.baseline import (
    median_nearest_km,
    nearest_places,
    place_features,
    with_place,
)
from neucocore.evaluation.places.blocks import FEW_BLOCKS, LADDER, MIN_BLOCKS, block_names
from neucocore.evaluation.places.residuals import suggested_side
from neucocore.evaluation.split_rule import RANDOM
from neucocore.messages import pluralize
from neucocore.statistics.comparison import Comparison, compare
from neucocore.statistics.influence import Influence, Undefined
from neucocore.statistics.sphere import unit_vectors

Score = Callable[[ScoringInput], list[TaskOutcome]]
"""Scores tasks under the protocol of the evaluation."""

MIN_LOCATED = 50
"""Rows with a place, below which nothing is analysed."""
ALONE_SHARE = 0.95
"""Blocks per row from which on blocks hardly hold two rows, so they split as at random."""


@dataclass(frozen=True, eq=False)
class _Located:
    """A task's rows that have a place."""

    task: ScoringTask
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    without: int

    def blocks(self, places: Places, km: float) -> NDArray[np.str_]:
        return np.array(block_names(places, self.task.ids, km))


def analyse_places(
    scoring: ScoringInput,
    outcomes: Sequence[TaskOutcome],
    places: Places,
    score: Score,
    *,
    folds: int,
    identity: str,
    split: str = RANDOM,
) -> dict[str, dict[str, Any]]:
    """Return what the places say about the score of each task, as plain JSON values by task.

    Parameters
    ----------
    scoring
        What was scored.
    outcomes
        The outcome of each task.
    score
        Scores other embeddings or splits of the same tasks under the same protocol.
    folds, identity
        Number of folds and the identity that determines the splits.
    split
        The rule of the split of `outcomes`.
    """
    located = {}
    for task, outcome in zip(scoring.tasks, outcomes, strict=True):
        rows = [row for row, sample in enumerate(task.ids) if sample in places.of_id]
        if len(rows) >= MIN_LOCATED and outcome.score is not None and outcome.metrics:
            kept = rows_of(task, np.array(rows, dtype=np.intp))
            lon, lat = places.of(kept.ids)
            located[task.key] = _Located(kept, lon, lat, len(task.ids) - len(rows))
    if not located:
        return {}
    plain = replace(scoring, store_probe=False, keep_curves=False, interval="influence")
    analysis = _Analysis(plain, located, places, score, folds, identity)
    base = {
        key: outcome
        for key, outcome in zip((task.key for task in scoring.tasks), outcomes, strict=True)
        if key in located and not located[key].without
    }
    return analysis.run(base, split)


class _Analysis:
    """The evaluations of one set of tasks, each on other folds or other columns."""

    def __init__(
        self,
        scoring: ScoringInput,
        located: Mapping[str, _Located],
        places: Places,
        score: Score,
        folds: int,
        identity: str,
    ) -> None:
        self.scoring, self.located, self.places, self.score = scoring, located, places, score
        self.folds, self.identity = folds, identity
        self.tasks = {key: one.task for key, one in located.items()}

    def run(self, base: Mapping[str, TaskOutcome], split: str) -> dict[str, dict[str, Any]]:
        base = {**base, **self._scored({k: t for k, t in self.tasks.items() if k not in base})}
        rows = [self._row_of_id[sample] for sample in self._ids]
        lon, lat = self.places.of(self._ids)
        own = place_features(lon, lat)
        features = np.zeros((len(self.scoring.ids), own.shape[1]), np.float32)
        features[rows] = own
        alone = self._scored(self.tasks, features)
        both_columns = np.zeros((len(features), own.shape[1] + self.scoring.matrix.shape[1]))
        both_columns = both_columns.astype(np.float32)
        both_columns[rows] = with_place(self.scoring.matrix[rows], own)
        both = self._scored(self.tasks, both_columns)
        ladders = self._ladders(base)
        found = {}
        for key, one in self.located.items():
            joined = self._joined(one.task)
            found[key] = {
                "n": len(one.task.ids),
                "n_without_place": one.without,
                **_score_record(base[key]),
                "nearest_km": median_nearest_km(joined, self._points(joined)),
                "blocks": ladders[key],
                **suggested_side(base[key], self._points_by_id(one.task), ladders[key]),
                **self._baseline(joined, base[key], alone.get(key), both.get(key)),
            }
            found[key]["split"] = split
            found[key]["text"] = sentence(found[key])
        return found

    @property
    def _ids(self) -> list[str]:
        return [*dict.fromkeys(name for task in self.tasks.values() for name in task.ids)]

    @property
    def _row_of_id(self) -> dict[str, int]:
        return {sample: row for row, sample in enumerate(self.scoring.ids)}

    def _scored(
        self, tasks: Mapping[str, ScoringTask], matrix: NDArray[np.float32] | None = None
    ) -> dict[str, TaskOutcome]:
        """Score tasks; those that cannot be split are left out."""
        if not tasks:
            return {}
        inputs = replace(self.scoring, tasks=tuple(tasks.values()))
        if matrix is not None:
            inputs = replace(inputs, matrix=matrix)
        try:
            return dict(zip(tasks, self.score(inputs), strict=True))
        except DataError:
            if len(tasks) == 1:
                return {}
            parts = [self._scored({key: task}, matrix) for key, task in tasks.items()]
            return {key: outcome for part in parts for key, outcome in part.items()}

    def _joined(self, task: ScoringTask) -> JoinedTask:
        return join(self.scoring, task, folds=self.folds, repeats=1, protocol=self.identity)

    def _points(self, joined: JoinedTask) -> NDArray[np.float64]:
        return unit_vectors(*self.places.of(joined.ids))

    def _points_by_id(self, task: ScoringTask) -> NDArray[np.float64]:
        return unit_vectors(*self.places.of(sorted(task.ids)))

    def _ladders(self, base: Mapping[str, TaskOutcome]) -> dict[str, list[dict[str, Any]]]:
        ladders: dict[str, list[dict[str, Any]]] = {key: [] for key in self.tasks}
        for km in LADDER:
            blocks = {key: one.blocks(self.places, km) for key, one in self.located.items()}
            usable = {
                key: replace(self.tasks[key], groups=names, folds=None)
                for key, names in blocks.items()
                if MIN_BLOCKS <= len(np.unique(names)) < ALONE_SHARE * len(names)
            }
            for key, outcome in self._scored(usable).items():
                joined = self._joined(usable[key])
                drop = _paired(base[key], outcome, joined.groups)
                ladders[key].append(
                    {
                        "km": km,
                        "blocks": len(np.unique(blocks[key])),
                        "few": len(np.unique(blocks[key])) < FEW_BLOCKS,
                        "nearest_km": median_nearest_km(joined, self._points(joined)),
                        **_score_record(outcome),
                        "drop": drop.difference,
                        "drop_low": drop.low,
                        "drop_high": drop.high,
                    }
                )
        return ladders

    def _baseline(
        self,
        joined: JoinedTask,
        base: TaskOutcome,
        alone: TaskOutcome | None,
        both: TaskOutcome | None,
    ) -> dict[str, Any]:
        """Return the scores of the place alone and next to the embedding, and what each adds."""
        metrics = metrics_for([joined], base.metrics[0].metric)[0]
        nearest = pooled_score(metrics[0], joined, nearest_places(joined, self._points(joined)))
        gain = Comparison(reason="the place alone cannot be scored")
        if alone is not None and both is not None:
            gain = _paired(both, alone, joined.groups)
        adds = Comparison(reason="the embedding and the place together cannot be scored")
        if both is not None:
            adds = _paired(both, base, joined.groups)
        return {
            "place": None if alone is None else _score_record(alone),
            "nearest_places": nearest,
            "with_place": None if both is None else _score_record(both),
            "gain_over_place": gain.difference,
            "gain_low": gain.low,
            "gain_high": gain.high,
            "gain_reason": gain.reason,
            "place_adds": adds.difference,
            "place_adds_low": adds.low,
            "place_adds_high": adds.high,
        }


def _paired(a: TaskOutcome, b: TaskOutcome, groups: NDArray[np.int64] | None) -> Comparison:
    """Compare two outcomes on the same rows, with the influence values summed by group."""
    first, second = _primary(a), _primary(b)
    if first is None or second is None:
        return Comparison(reason="one of the scores is undefined")
    influences: list[Influence | Undefined] = [
        replace(metric.influence, groups=groups)
        if isinstance(metric.influence, Influence)
        else metric.influence
        for metric in (first, second)
    ]
    return compare(influences[0], influences[1])


def _primary(outcome: TaskOutcome) -> MetricScore | None:
    return outcome.metrics[0] if outcome.metrics else None


def _score_record(outcome: TaskOutcome) -> dict[str, Any]:
    primary = _primary(outcome)
    sure = None if primary is None else primary.interval
    return {
        "score": outcome.score,
        "low": None if sure is None else sure.low,
        "high": None if sure is None else sure.high,
    }


def sentence(found: Mapping[str, Any]) -> str:
    """Return the figures of a task in one sentence."""
    parts = [f"{_number(found['score'])} {among(found['split'], 'the labelled places')}"]
    step = next((rung for rung in found["blocks"] if rung["km"] == found["side_km"]), None)
    if step is not None and step["score"] is not None:
        drop = ""
        if step["drop_low"] is not None:
            drop = (
                f" (drop {_number(step['drop'])}, {_number(step['drop_low'])} to "
                f"{_number(step['drop_high'])})"
            )
        few = f", {pluralize(step['blocks'], 'block')} only" if step["few"] else ""
        parts.append(f"{_number(step['score'])}{drop} in blocks of {step['km']:g} km{few}")
    if found["place"] is not None and found["place"]["score"] is not None:
        parts.append(best_of_place(found, "places"))
    return ", ".join(parts)


def best_of_place(found: Mapping[str, Any], places: str) -> str:
    """Return the better of the two scores of the place in words, for sentences."""
    alone = {
        "the place alone": found["place"]["score"],
        f"the 5 nearest {places} alone": found["nearest_places"],
    }
    known = {name: value for name, value in alone.items() if value is not None}
    name = max(known, key=lambda one: known[one])
    return f"{_number(known[name])} from {name}"


def among(split: str, places: str) -> str:
    """Return what a score under a split is about, for sentences."""
    return f"among {places}" if split == RANDOM else f"with --split {split}"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{round(value, 2) + 0.0:.2f}"  # not -0.00
