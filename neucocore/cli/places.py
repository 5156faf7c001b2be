"""What is printed about scores and places: blocks of growing size, and the place alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from neucocore.cli.tables import print_table
from neucocore.cli.terminal import log, print_data

LONGEST_LIST = 3
"""Tasks up to which the sentence of each is printed."""
NOTE = (
    "note: random folds score fresh places among the labelled ones, blocks places that are mostly "
    "at least one side away from them; neither is the score in a new region"
)


def print_places(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the scores of blocks next to those of the evaluation, and the gain over the place."""
    found = [row for row in rows if row.get("places")]
    if not found:
        return
    sides = sorted({rung["km"] for row in found for rung in row["places"]["blocks"]})
    columns = [f"{side:g} km" for side in sides]
    if columns:
        print_data("")
        print_table(
            [_ladder(row) for row in found],
            ["task", found[0]["split"], *columns],
        )
    print_data("")
    print_table(
        [_baseline(row["task"], row["places"]) for row in found],
        ["task", "place alone", "5 nearest", "gain over place", "place adds"],
    )
    if len(found) <= LONGEST_LIST:
        for row in found:
            log(f"{row['task']}: {row['places']['text']}")
    log(NOTE)


def _ladder(row: Mapping[str, Any]) -> dict[str, Any]:
    places = row["places"]
    rungs = {f"{rung['km']:g} km": _number(rung["score"]) for rung in places["blocks"]}
    return {"task": row["task"], row["split"]: _number(places["score"]), **rungs}


def _baseline(task: str, places: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "task": task,
        "place alone": _number((places["place"] or {}).get("score")),
        "5 nearest": _number(places["nearest_places"]),
        "gain over place": _difference(
            places["gain_over_place"], places["gain_low"], places["gain_high"]
        ),
        "place adds": _difference(
            places["place_adds"], places["place_adds_low"], places["place_adds_high"]
        ),
    }


def _difference(value: float | None, low: float | None, high: float | None) -> str | None:
    if value is None or low is None or high is None:
        return _number(value)
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"
