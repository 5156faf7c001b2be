"""The option ``--split``: by which rule rows are divided into training and held-out parts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from neucocore.errors import ConfigError
from neucocore.messages import did_you_mean

Rule = Literal["random", "group", "blocks", "folds", "year"]
"""How rows are split.

``random``
    Every row on its own.
``group``
    Rows with one value of a column stay together.
``blocks``
    Rows of one square of an equal-area grid stay together.
``folds``
    The values of a column are the folds; ``train``, ``val`` and ``test`` are one fixed split.
``year``
    The values of a column of years are the folds.
"""

RANDOM: Rule = "random"
SMALLEST_SIDE, LARGEST_SIDE = 0.001, 20_000
"""Sides of blocks in kilometres that can be asked for."""
HINT = (
    "--split random, group:COLUMN, blocks, blocks:KM, folds:COLUMN or year:COLUMN; a column of "
    "another table is group:FILE.csv:COLUMN"
)


@dataclass(frozen=True, slots=True)
class Split:
    """A parsed ``--split``.

    Attributes
    ----------
    rule
        See `Rule`.
    column
        Column that holds the group, fold or year of each row; None for the other rules.
    file
        Table with the columns ``id`` and `column`; None for a column of the labels or embeddings.
    km
        Side of the blocks; None if it is to be estimated.
    """

    rule: Rule = "random"
    column: str | None = None
    file: Path | None = None
    km: float | None = None

    def __str__(self) -> str:
        parts = [self.rule, self.file and self.file.name, self.column]
        parts.append(None if self.km is None else f"{self.km:g}")
        return ":".join(str(part) for part in parts if part is not None)

    @property
    def has_folds(self) -> bool:
        """Whether the values of a column are the folds."""
        return self.rule in ("folds", "year")


def parse_split(text: str | None) -> Split:
    """Read the value of ``--split``; None is a random split.

    Raises
    ------
    ConfigError
        A text that is not a rule.
    """
    if text is None:
        return Split()
    name, separator, rest = text.partition(":")
    rule = next((known for known in get_args(Rule) if known == name), None)
    if rule is None:
        raise _not_a_rule(text, did_you_mean(name, get_args(Rule)))
    if rule == RANDOM:
        if separator:
            raise _not_a_rule(text)
        return Split()
    if rule == "blocks":
        return Split(rule, km=_side(text, rest) if separator else None)
    file, separator, column = rest.rpartition(":")
    if not column or (separator and not file):
        raise _not_a_rule(text)
    return Split(rule, column, Path(file) if file else None)


def _side(text: str, km: str) -> float:
    try:
        side = float(km.strip().lower().removesuffix("km"))
    except ValueError:
        side = 0.0
    if not SMALLEST_SIDE <= side <= LARGEST_SIDE:
        raise ConfigError(
            f"--split {text!r}: the side of the blocks must be a number of kilometres from "
            f"{SMALLEST_SIDE:g} to {LARGEST_SIDE:,}",
            hint="for example --split blocks:50",
        )
    return side


def _not_a_rule(text: str, suggestion: str = "") -> ConfigError:
    message = f"--split {text!r} is not a rule for splitting rows"
    return ConfigError(message + (f"; {suggestion}" if suggestion else ""), hint=HINT)
