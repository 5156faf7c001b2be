"""Folds that a column gives, in place of folds that are determined by hashes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucocore.errors import ConfigError, DataError
from neucocore.evaluation.groups import Groups
from neucocore.evaluation.split_rule import Split
from neucocore.messages import pluralize

TRAINED_ON = -1
"""Fold of rows that are in every training part and are never held out."""
_TRAIN = frozenset({"train", "training", "val", "valid", "validation", "dev"})
_TEST = frozenset({"test", "testing"})
FEWEST_ROWS_PER_FOLD = 2
NAMES_SHOWN = 8


@dataclass(frozen=True, eq=False)
class GivenFolds:
    """The fold of each id.

    Attributes
    ----------
    of_id
        Number of the fold, from 0; `TRAINED_ON` for the training rows of a fixed split.
    names
        Names of the folds.
    is_fixed
        Whether there is one fixed split into training and test rows.
    """

    of_id: Mapping[str, int]
    names: tuple[str, ...]
    is_fixed: bool = False

    def of(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """Return the folds of some ids, (n,)."""
        return np.array([self.of_id[sample] for sample in ids], dtype=np.int64)


def given_folds(split: Split, column: Groups, ids: Collection[str]) -> GivenFolds:
    """Turn the values of a column into folds.

    Parameters
    ----------
    column
        The values, as read by `neucocore.evaluation.groups.read_groups`.
    ids
        The labelled ids that are scored.

    Raises
    ------
    DataError
        There is one value only, training rows without test rows, or nearly as many values as rows.
    """
    scored = {sample: column.of_id[sample] for sample in ids if sample in column.of_id}
    names = sorted(set(scored.values()), key=_natural)
    lowered = {name: name.strip().lower() for name in names}
    if split.rule == "folds" and _TRAIN & set(lowered.values()):
        return _fixed_split(split, scored, lowered)
    if len(names) < 2:
        found = f"only the value {names[0]!r}" if names else "no value"
        raise DataError(
            f"--split {split}: column {column.column!r} has {found} in "
            f"{pluralize(len(scored), 'scored row')}; at least two folds are needed",
            hint=f"name a column with at least two {column.what}s, or leave --split out",
        )
    if len(names) > len(scored) / FEWEST_ROWS_PER_FOLD:
        raise DataError(
            f"--split {split}: column {column.column!r} has {len(names)} different values in "
            f"{len(scored)} scored rows, such as {', '.join(names[:3])}: no {column.what}s",
            hint="name a column with few values; values such as measurements are no folds",
        )
    numbers = {name: number for number, name in enumerate(names)}
    return GivenFolds({sample: numbers[name] for sample, name in scored.items()}, tuple(names))


def _fixed_split(split: Split, scored: Mapping[str, str], lowered: Mapping[str, str]) -> GivenFolds:
    others = [name for name, text in lowered.items() if text not in _TRAIN | _TEST]
    test = [name for name, text in lowered.items() if text in _TEST]
    if others or not test:
        shown = ", ".join(map(repr, [*lowered][:NAMES_SHOWN]))
        wrong = f"also {', '.join(map(repr, others[:3]))}" if others else "no value 'test'"
        raise DataError(
            f"--split {split}: the column holds training rows, but {wrong} (values: {shown})",
            hint="use the values train, val and test; or folds with other names, such as 0, 1, 2",
        )
    of_id = {sample: 0 if lowered[name] in _TEST else TRAINED_ON for sample, name in scored.items()}
    return GivenFolds(of_id, tuple(test), is_fixed=True)


def check_fold_options(split: Split, **options: int | None) -> None:
    """Refuse ``--folds`` and ``--repeats`` where a column gives the folds.

    Raises
    ------
    ConfigError
        One of them is given.
    """
    given = [f"--{name}" for name, value in options.items() if value is not None]
    if split.has_folds and given:
        raise ConfigError(
            f"--split {split} takes the folds from a column, so {' and '.join(given)} cannot apply",
            hint=f"leave out {' and '.join(given)}, or use another --split",
        )


def _natural(name: str) -> tuple[int, float, str]:
    try:
        return 0, float(name), name
    except ValueError:
        return 1, 0.0, name
