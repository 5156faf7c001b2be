"""Figures of what a byte and a label buy: curves of a sweep, the sizes and blocks of a choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from neuco_plugin_report.svg import BLUE, COLOURS, GREY, TEXT, colours, doubling, plain, svg

STYLES = ("-", "--", ":", "-.")
WIDTH, HEIGHT = 5.6, 3.6

Row = Mapping[str, Any]


def sizes(rows: Sequence[Row], task: str, name: str) -> Markup | None:
    """Return the score of each embedding of a sweep against bytes; None without smaller sizes.

    Lines are running maxima over all numbers of bits: the best score with at most so many bytes.
    """
    of_task = [
        row for row in rows
        if row["task"] == task and row["score"] is not None and not row["training_rows"]
    ]  # fmt: skip
    if not any(row["family"] != "complete" for row in of_task):
        return None
    embeddings = list(dict.fromkeys(row["embedding"] for row in of_task))

    def draw(figure: Figure) -> None:
        axis = figure.subplots()
        for embedding, colour in zip(embeddings, colours(len(embeddings)), strict=True):
            own = [row for row in of_task if row["embedding"] == embedding]
            families = dict.fromkeys(row["family"] for row in own if row["family"] != "complete")
            for style, family in zip(STYLES, families, strict=False):
                points = [row for row in own if row["family"] == family]
                bytes_of = np.array([row["bytes"] for row in points], dtype=float)
                values = np.array([row["score"] for row in points])
                nodes = np.unique(bytes_of)
                best = np.maximum.accumulate([values[bytes_of == node].max() for node in nodes])
                axis.errorbar(bytes_of, values, _errors(points), fmt=".", color=colour, alpha=0.25)
                axis.plot(nodes, best, style, color=colour, label=plain(f"{embedding}, {family}"))
            for row in own:
                if row["family"] == "complete":
                    axis.plot([row["bytes"]], [row["score"]], "D", color=colour, markersize=5,
                              label=plain(f"{embedding}, complete"))  # fmt: skip
        doubling(axis, [row["bytes"] for row in of_task])
        axis.set_xlabel("bytes per row")
        axis.set_ylabel(plain(of_task[0]["metric"]))
        axis.grid(alpha=0.3)
        _legend(figure, axis)

    alt = f"{task}: {of_task[0]['metric']} of {', '.join(embeddings)} at several sizes"
    return svg(WIDTH, HEIGHT + 0.1 * len(embeddings), draw, alt=alt, name=name)


def labels(rows: Sequence[Row], task: str, name: str) -> Markup | None:
    """Return the score of each embedding against training rows; None if no run used fewer."""
    of_task = [
        row for row in rows if row["task"] == task and row["score"] is not None
        and row["training_rows"] and row["family"] == "complete"
    ]  # fmt: skip
    if not of_task:
        return None
    embeddings = list(dict.fromkeys(row["embedding"] for row in of_task))

    def draw(figure: Figure) -> None:
        axis = figure.subplots()
        for embedding, colour in zip(embeddings, colours(len(embeddings)), strict=True):
            own = sorted((row for row in of_task if row["embedding"] == embedding),
                         key=lambda row: float(row["training_rows"]))  # fmt: skip
            axis.errorbar([row["training_rows"] for row in own], [row["score"] for row in own],
                          _errors(own), color=colour, marker=".", capsize=3,
                          label=plain(embedding))  # fmt: skip
            for row in rows:
                same = (row["embedding"], row["task"]) == (embedding, task)
                if same and row["family"] == "complete" and not row["training_rows"]:
                    axis.axhline(row["score"], color=colour, linewidth=0.8, linestyle=":",
                                 label=plain(f"{embedding}, all rows"))  # fmt: skip
        doubling(axis, [row["training_rows"] for row in of_task])
        axis.set_xlabel("training rows")
        axis.set_ylabel(plain(of_task[0]["metric"]))
        axis.grid(alpha=0.3)
        _legend(figure, axis)

    alt = f"{task}: {of_task[0]['metric']} of {', '.join(embeddings)} with fewer training rows"
    return svg(WIDTH, HEIGHT + 0.1 * len(embeddings), draw, alt=alt, name=name)


def losses(rows: Sequence[Row], margin: float, metric: str, name: str) -> Markup:
    """Return what each size of the recommended embedding loses, with the margin.

    Parameters
    ----------
    rows
        ``sizes`` of ``decision.json``.
    metric
        What is lost.
    """
    families = list(dict.fromkeys((row["family"], row["bits"]) for row in rows))

    def draw(figure: Figure) -> None:
        axis = figure.subplots()
        for (family, bits), colour in zip(families, colours(len(families)), strict=True):
            own = sorted((row for row in rows if (row["family"], row["bits"]) == (family, bits)),
                         key=lambda row: float(row["bytes_per_row"]))  # fmt: skip
            points = [{**row, "score": row["loss"]} for row in own]
            axis.errorbar([row["bytes_per_row"] for row in own], [row["loss"] for row in own],
                          _errors(points), color=colour,
                          marker=".", capsize=3, label=plain(f"{family}, {bits} bits"))  # fmt: skip
        axis.axhline(margin, color=TEXT, linewidth=0.8, linestyle="--", label="margin")
        axis.axhline(0.0, color=TEXT, linewidth=0.8)
        doubling(axis, [row["bytes_per_row"] for row in rows])
        axis.set_xlabel("bytes per row")
        axis.set_ylabel(f"loss in {plain(metric)}")
        axis.grid(alpha=0.3)
        _legend(figure, axis)

    alt = f"Loss in {metric} of {len(rows)} smaller sizes, and the margin of {margin:g}"
    return svg(WIDTH, HEIGHT, draw, alt=alt, name=name)


def blocks(found: Row, place_alone: float | None, metric: str, name: str) -> Markup | None:
    """Return the score in held-out blocks of growing size; None without any block.

    Parameters
    ----------
    found
        What ``decision.json`` holds about the places of one task.
    place_alone
        Score of a probe that knows longitude and latitude only, or None.
    """
    rows = [row for row in found.get("blocks", ()) if row.get("score") is not None]
    if len(rows) < 2:
        return None

    def draw(figure: Figure) -> None:
        axis = figure.subplots()
        axis.errorbar([row["km"] for row in rows], [row["score"] for row in rows], _errors(rows),
                      color=BLUE, marker="o", capsize=3, label="held-out blocks")  # fmt: skip
        axis.axhline(found["score"], color=GREY, linewidth=1.2, label="random split")
        if place_alone is not None:
            axis.axhline(place_alone, color=COLOURS[1], linewidth=1.2, linestyle="--",
                         label="the place alone")  # fmt: skip
        doubling(axis, [row["km"] for row in rows])
        axis.set_xlabel("side of held-out blocks (km)")
        axis.set_ylabel(plain(metric))
        axis.grid(alpha=0.3)
        _legend(figure, axis)

    alt = f"{metric} in held-out blocks of {rows[0]['km']:g} to {rows[-1]['km']:g} km"
    return svg(WIDTH, HEIGHT, draw, alt=alt, name=name)


def _legend(figure: Figure, axis: Any) -> None:
    handles, texts = axis.get_legend_handles_labels()
    figure.legend(handles, texts, loc="outside lower center", ncols=2, fontsize=7, frameon=False)


def _errors(rows: Sequence[Row]) -> Any:
    """Return the distances to both ends of the intervals, (2, n)."""
    scores = np.array([row["score"] for row in rows], dtype=float)
    low = np.array([_or(row["low"], row["score"]) for row in rows], dtype=float)
    high = np.array([_or(row["high"], row["score"]) for row in rows], dtype=float)
    return np.clip([scores - low, high - scores], 0, None)


def _or(value: float | None, other: float) -> float:
    return other if value is None else value
