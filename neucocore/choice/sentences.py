"""What a decision says, in sentences whose numbers are listed next to them.

Every kind of sentence has a form for the case that the data are not enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neucocore.choice.decision import Decision, Table
from neucocore.curves.sizes import PCA, QUANTISERS, Size
from neucocore.evaluation.places.analysis import among, best_of_place
from neucocore.messages import pluralize
from neucocore.results.reading import RunRecord
from neucocore.results.skill import MEAN_SKILL
from neucocore.statistics.comparison import Comparison
from neucocore.statistics.intervals import Interval
from neucocore.statistics.margins import Within


@dataclass(frozen=True)
class Sentence:
    """One sentence.

    Attributes
    ----------
    kind
        ``choice``, ``others``, ``columns``, ``size``, ``features``, ``chance``, ``intervals``,
        ``control``, ``write`` or ``places``.
    enough
        Whether the data are enough for what the sentence is about.
    numbers
        The numbers in it, unrounded, by name.
    """

    kind: str
    enough: bool
    text: str
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class SizeTest:
    """The sizes of the leading embedding in the order of their test, and what is shown of them.

    Attributes
    ----------
    losses
        The complete embedding minus each size.
    """

    sizes: tuple[Size, ...]
    losses: tuple[Comparison, ...]
    within: Within


def choice(table: Table, decision: Decision, bytes_per_row: Sequence[float]) -> Sentence:
    """Say which embedding to use, or why that cannot be decided."""
    names = [run.method for run in table.runs]
    leader = names[decision.leader]
    score, sure = table.score(table.runs[decision.leader], table.decides)
    what = _what(table)
    if decision.verdict == "nothing is predicted":
        chance = table.chance(table.decides)
        return Sentence(
            "choice",
            False,
            f"No embedding is shown to predict {table.decides}: the best, {leader}, has "
            f"{what} {_sure(score, sure)} on {pluralize(table.n, 'row')}, and knowing nothing "
            f"gives {_number(chance)}.",
            {"score": score, "low": sure.low, "high": sure.high, "chance": chance, "n": table.n},
        )
    if decision.close is None:
        return Sentence(
            "choice",
            False,
            f"Cannot decide between {_list(names)}: nothing can be tested ({decision.reason}).",
            {"n": table.n},
        )
    if decision.chosen is None:
        return _undecided(table, decision, score, sure)
    i = decision.chosen
    score, sure = table.score(table.runs[i], table.decides)
    loss = float(decision.close.losses[i])
    text = (
        f"Use {names[i]} ({bytes_per_row[i]:,.0f} bytes per row): {what} {_sure(score, sure)} on "
        f"{pluralize(table.n, 'row')}."
    )
    if len(names) > 1 and loss <= 0:
        text += " No other embedding is better."
    elif len(names) > 1:
        text += (
            f" Other embeddings are at most {_number(loss)} better, which is within the margin of "
            f"{decision.margin:g}."
        )
    return Sentence(
        "choice",
        True,
        text,
        {"score": score, "low": sure.low, "high": sure.high, "loss": loss, "n": table.n,
         "bytes": bytes_per_row[i]},
    )  # fmt: skip


def _undecided(table: Table, decision: Decision, score: float | None, sure: Interval) -> Sentence:
    assert decision.close is not None  # noqa: S101
    names = [run.method for run in table.runs]
    i = decision.leader
    rival, loss = names[int(decision.close.rivals[i])], float(decision.close.losses[i])
    text = (
        f"Cannot decide with {pluralize(table.n, 'row')} which embedding loses at most "
        f"{decision.margin:g}: {names[i]} leads with {_what(table)} {_sure(score, sure)}, but "
        f"{rival} could be {_number(loss)} better."
    )
    needed = decision.rows_needed
    if needed is not None:
        text += f" If they are equally good, about {_rounded(needed):,} rows would show it."
    text += f" A margin of {_up(decision.smallest_margin)} could be answered."
    return Sentence(
        "choice",
        False,
        text,
        {"score": score, "low": sure.low, "high": sure.high, "loss": loss, "n": table.n,
         "rows_needed": needed, "smallest_margin": decision.smallest_margin},
    )  # fmt: skip


def others(table: Table, decision: Decision, bytes_per_row: Sequence[float]) -> list[Sentence]:
    """Say of every other embedding whether it can be told apart from the chosen or leading one."""
    if decision.pairs is None:
        return []
    names = [run.method for run in table.runs]
    first = decision.leader if decision.chosen is None else decision.chosen
    target = decision.targets.index(table.decides)
    result = []
    for j in range(len(names)):
        if j == first:
            continue
        difference = float(decision.pairs.differences[target, first, j])
        low = float(decision.pairs.low[target, first, j])
        high = float(decision.pairs.high[target, first, j])
        p_value = float(decision.pairs.p_values[target, first, j])
        numbers = {"difference": difference, "low": low, "high": high, "p_value": p_value}
        told = p_value <= 0.05
        if told:
            word = "worse" if difference > 0 else "better"
            text = (
                f"{names[j]} is {word} than {names[first]} by {_number(abs(difference))} "
                f"({_range(*((low, high) if difference > 0 else (-high, -low)))})."
            )
        else:
            text = (
                f"{names[first]} and {names[j]} cannot be told apart: difference "
                f"{_number(difference)} ({_range(low, high)})."
            )
            if decision.detectable is not None:
                text += f" A difference of {_number(decision.detectable)} would have been found."
                numbers["detectable"] = decision.detectable
        if not told or difference < 0:
            text += _bytes(names[first], names[j], bytes_per_row[first], bytes_per_row[j])
        result.append(Sentence("others", told, text, numbers))
    return result


def columns(table: Table, decision: Decision) -> list[Sentence]:
    """Say for each label column which embedding is best on it."""
    if decision.pairs is None or len(table.tasks) < 2:
        return []
    names = [run.method for run in table.runs]
    result = []
    for task in table.tasks:
        scores = [table.score(run, task)[0] or 0.0 for run in table.runs]
        target = decision.targets.index(task)
        best = int(np.argmax(scores))
        p_values = decision.pairs.p_values[target, best]
        alone = [j for j in range(len(names)) if j != best and p_values[j] <= 0.05]
        score, sure = table.score(table.runs[best], task)
        numbers = {"score": score, "low": sure.low, "high": sure.high}
        if len(alone) == len(names) - 1:
            text = f"On {task} {names[best]} is the best: {_sure(score, sure)}."
        else:
            close = [names[j] for j in range(len(names)) if j not in alone]
            text = (
                f"On {task} {_list(close)} cannot be told apart; the highest score is "
                f"{_sure(score, sure)}."
            )
        result.append(Sentence("columns", len(alone) == len(names) - 1, text, numbers))
    return result


def size(name: str, complete: Size, test: SizeTest, margin: float) -> tuple[Sentence, Size | None]:
    """Say how small the embedding may be; also return that size."""
    sizes, within = test.sizes, test.within
    if within.enough is None:
        bound = within.bounds[0]
        text = f"No smaller size of {name} is shown to lose at most {margin:g}."
        numbers: dict[str, Any] = {"smallest_margin": bound}
        if bound is not None:
            text += f" A margin of {_up(bound)} could be answered."
        else:
            text += " There are too few rows for a test."
        return Sentence("size", False, text, numbers), None
    index = min(range(within.enough + 1), key=lambda i: (sizes[i].bytes_per_row, i))
    found, loss, bound = sizes[index], test.losses[index], within.bounds[index]
    text = (
        f"{found.bytes_per_row:,} bytes per row are enough ({_described(found)}), "
        f"{complete.bytes_per_row / found.bytes_per_row:.0f} times fewer than the "
        f"{complete.bytes_per_row:,} of {name}: the loss is {_number(loss.difference)}, at most "
        f"{_number(bound)}."
    )
    if found.bytes_per_row == min(one.bytes_per_row for one in sizes):
        text += " This is the smallest size that was tried; neuco sweep tries smaller ones."
    too_small = [sizes[j].bytes_per_row for j in within.too_small]
    too_small = [number for number in too_small if number < found.bytes_per_row]
    if too_small:
        text += f" {max(too_small):,} bytes and fewer are too few."
    return (
        Sentence(
            "size",
            True,
            text,
            {"bytes": found.bytes_per_row, "loss": loss.difference, "bound": bound,
             "too_small": sorted(too_small)},
        ),
        found,
    )  # fmt: skip


def of_each_column(table: Table) -> str:
    """Return what a size for a mean over columns does not tell; empty for a single column."""
    if table.decides != MEAN_SKILL:
        return ""
    return " This holds for the mean over the columns, not for each; neuco sweep tests each."


def write(path: str, found: Size) -> Sentence:
    """Say with which commands a file of the recommended size is written."""
    commands = []
    source = path
    if found.family == PCA:
        target = "small.parquet"
        commands.append(
            f"neuco convert {source} {target} --reducer pca --dimension {found.dimension}"
        )
        source = target
    if found.bits in QUANTISERS:
        commands.append(f"neuco convert {source} tiny.parquet --reducer {QUANTISERS[found.bits]}")
    text = f"To write this size: {'; then '.join(commands)}."
    return Sentence("write", True, text, {"commands": commands})


def intervals(table: Table, index: int) -> Sentence | None:
    """Say which intervals of an embedding are not what they seem; None if all are."""
    run = table.runs[index]
    remarks = {task: table.score(run, task)[1].remarks for task in table.tasks}
    found = {task: list(texts) for task, texts in remarks.items() if texts}
    if not found:
        return None
    parts = [f"{task} ({', '.join(texts)})" for task, texts in found.items()]
    text = f"Intervals are uncertain for {'; '.join(parts)}."
    if any("rests on" in line for lines in found.values() for line in lines):
        text += " A few rows with extreme errors decide there: try the logarithm of the label."
    return Sentence("intervals", False, text, found)


def control(table: Table, run: RunRecord) -> Sentence | None:
    """Say that an embedding without information scores above chance; None if it does not."""
    score, sure = table.score(run, table.decides)
    level = table.chance(table.decides)
    if level is None or sure.low is None or sure.low <= level:
        return None
    text = (
        f"{run.method}, an embedding without information, has {_what(table)} {_sure(score, sure)}, "
        f"above the chance level of {_number(level)}: with this split the labels of the other "
        "rows tell something about those of the held-out ones. Compare with it, not with chance."
    )
    return Sentence(
        "control", False, text,
        {"score": score, "low": sure.low, "high": sure.high, "chance": level},
    )  # fmt: skip


def features(name: str, baseline: str, what: str, difference: Comparison) -> Sentence:
    """Say whether the embedding is better than features that the user already has."""
    d, low, high = difference.difference, difference.low, difference.high
    numbers = {"difference": d, "low": low, "high": high}
    if d is None or low is None or high is None:
        text = f"{name} cannot be compared with {baseline}: {difference.reason}."
        return Sentence("features", False, text, numbers)
    if low > 0:
        text = f"{name} is better than {baseline} by {_number(d)} ({_range(low, high)}) in {what}."
    elif high < 0:
        text = (
            f"Keep {baseline}: {name} is worse by {_number(-d)} ({_range(-high, -low)}) in {what}."
        )
    else:
        text = (
            f"{name} is not shown to be better than {baseline}: difference {_number(d)} "
            f"({_range(low, high)}) in {what}."
        )
    return Sentence("features", low > 0 or high < 0, text, numbers)


def chance(table: Table, index: int) -> Sentence:
    """Say which label columns the embedding is shown to predict at all."""
    run = table.runs[index]
    missing, numbers = [], {}
    for task in table.tasks:
        score, sure = table.score(run, task)
        level = table.chance(task)
        numbers[task] = {"score": score, "low": sure.low, "high": sure.high, "chance": level}
        if level is not None and (sure.low is None or sure.low <= level):
            missing.append(f"{task} {_sure(score, sure)} against {_number(level)}")
    if not missing:
        count = len(table.tasks)
        text = (
            f"{run.method} predicts {table.tasks[0]} better than knowing nothing does."
            if count == 1
            else f"{run.method} predicts all {count} label columns better than knowing nothing "
            "does."
        )
        return Sentence("chance", True, text, numbers)
    text = (
        f"{run.method} is not shown to predict better than knowing nothing does: "
        f"{'; '.join(missing)}."
    )
    known = [task for task in table.tasks if not any(m.startswith(f"{task} ") for m in missing)]
    if known:
        text += f" To decide without: --labels TABLE:{','.join(known)}."
    return Sentence("chance", False, text, numbers)


def places(name: str, task: str, found: Mapping[str, Any] | None, reason: str) -> Sentence:
    """Say how the score falls with the distance from labelled places, or why that is not known."""
    if found is None:
        text = (
            f"How the score of {name} falls with distance is not known: {reason}. New regions: "
            "not measured."
        )
        return Sentence("places", False, text)
    parts = [f"{task}: {_number(found['score'])} {among(found['split'], 'your sites')}"]
    numbers: dict[str, Any] = {"score": found["score"]}
    step = next((rung for rung in found["blocks"] if rung["km"] == found["side_km"]), None)
    if step is None and found["blocks"]:
        step = found["blocks"][-1]
    if step is not None and step["score"] is not None:
        drop = (
            ""
            if step["drop_low"] is None
            else f" (drop {_number(step['drop'])}, {_range(step['drop_low'], step['drop_high'])})"
        )
        parts.append(f"{_number(step['score'])} in held-out blocks of {step['km']:g} km{drop}")
        numbers |= {key: step[key] for key in ("km", "drop", "drop_low", "drop_high")}
        numbers["blocks_score"] = step["score"]
    if found["place"] is not None and found["place"]["score"] is not None:
        parts.append(best_of_place(found, "sites"))
        values = (found["place"]["score"], found["nearest_places"])
        numbers["place"] = max(value for value in values if value is not None)
    return Sentence(
        "places", step is not None, "; ".join(parts) + ". New regions: not measured.", numbers
    )


def _what(table: Table) -> str:
    if table.decides == MEAN_SKILL:
        return f"a mean skill over {len(table.tasks)} label columns of"
    return f"{table.metric} of {table.decides}"


def _described(found: Size) -> str:
    how = {"pca": "the first {} principal components", "prefix": "the first {} dimensions",
           "rotation": "{} randomly rotated dimensions"}  # fmt: skip
    text = how.get(found.family, found.family + " to {} dimensions").format(found.dimension)
    return f"{text}, {found.bits} bits each"


def _bytes(first: str, other: str, one: float, two: float) -> str:
    if one == two:
        return ""
    smaller, few, many = (first, one, two) if one < two else (other, two, one)
    return f" {smaller} is smaller: {few:,.0f} bytes instead of {many:,.0f}."


def _sure(score: float | None, sure: Interval) -> str:
    if sure.low is None or sure.high is None:
        return f"{_number(score)} (no interval: {sure.reason})"
    return f"{_number(score)} ({_range(sure.low, sure.high)})"


def _range(low: float, high: float) -> str:
    return f"{_number(low)} to {_number(high)}"


def _number(value: float | None) -> str:
    if value is None:
        return "unknown"
    text = f"{value:.3f}"
    return "0.000" if text == "-0.000" else text


def _up(value: float | None) -> str:
    """Return a margin rounded up to three digits, so that it is one that can be answered."""
    return "unknown" if value is None else f"{np.ceil(value * 1000) / 1000:.3f}"


def _rounded(rows: float) -> int:
    """Return a number of rows rounded up to two significant digits."""
    step = 10 ** max(int(np.floor(np.log10(max(rows, 1.0)))) - 1, 0)
    return int(np.ceil(rows / step) * step)


def _list(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
