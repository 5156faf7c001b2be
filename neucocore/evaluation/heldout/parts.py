"""The score of the rows with each value of a column: per region, per year."""

from __future__ import annotations

from typing import Any

import numpy as np

from neucocore.evaluation.heldout.influence import TaskInfluence
from neucocore.evaluation.heldout.metrics import NamedMetric, pooled_score
from neucocore.evaluation.inputs import RowColumn
from neucocore.files.cells import is_number
from neucocore.statistics.intervals import interval

MIN_PART_ROWS = 10
"""A part with fewer rows has no score."""


def score_per_part(
    influence: TaskInfluence, parts: RowColumn, primary: NamedMetric
) -> dict[str, Any]:
    """Return the primary metric of the rows with each value of the column of ``--per``.

    The models are those of the evaluation, trained on the rows of all parts.
    """
    joined = influence.joined
    of_row = parts.values[joined.order]
    names = sorted({name for name in of_row if name is not None}, key=_numbers_first)
    values = []
    for name in names:
        rows = np.flatnonzero(of_row == name)
        record: dict[str, Any] = dict.fromkeys(
            ("score", "low", "high", "interval_reason", "reason")
        )
        record = {"value": name, "n": len(rows), **record, "interval_reason": "", "reason": ""}
        if len(rows) < MIN_PART_ROWS:
            record["reason"] = f"fewer than {MIN_PART_ROWS} rows"
            values.append(record)
            continue
        scores = influence.result.scores[:, rows]
        score = pooled_score(primary, joined.of_rows(rows), scores)
        if score is None:
            record["reason"] = primary.undefined
        else:
            sure = interval(influence.of_part(primary, rows))
            record |= {"low": sure.low, "high": sure.high, "interval_reason": sure.reason}
        values.append(record | {"score": score})
    return {
        "column": parts.name,
        "metric": primary.name,
        "without_value": int(sum(name is None for name in of_row)),
        "values": values,
    }


def _numbers_first(name: str) -> tuple[bool, float, str]:
    """Order numbers by value, before texts."""
    return (False, float(name), name) if is_number(name) else (True, 0.0, name)
