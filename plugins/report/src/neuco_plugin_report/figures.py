"""Figures of a table: scores of methods, their ranks, and their sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from neuco_plugin_report.svg import BLUE, GREY, TEXT, doubling, plain, svg

WIDTH = 3.95
"""Inches of a figure: three in a row on a screen, one on a phone."""
ROW = 0.23
"""Inches of the row of a method."""


def scores(
    rows: Sequence[Any], task: str, metric: str, chance: float | None, name: str
) -> Markup | None:
    """Return a bar per method from chance to its score, with the 95 % interval; None without any.

    Parameters
    ----------
    rows
        Rows of a table, from top to bottom.
    metric
        Name of the score.
    chance
        Score of a method without information, or None if it is not known.
    """
    if all(row.acc.get(task) is None for row in rows):
        return None
    start = 0.0 if chance is None else chance

    def draw(figure: Figure) -> None:
        axis = figure.subplots()
        positions = np.arange(len(rows))[::-1]
        for place, row in zip(positions, rows, strict=True):
            score = row.acc.get(task)
            if score is None:
                axis.text(start, place, " no score", va="center", fontsize=8, color=TEXT)
                continue
            axis.barh(place, score - start, left=start, height=0.55,
                      color=GREY if row.control else BLUE, alpha=0.6)  # fmt: skip
            low, high = row.intervals.get(task, (None, None))
            if low is not None:
                axis.plot([low, high], [place, place], color=TEXT, linewidth=1.2)
                axis.plot([low, high], [place, place], "|", color=TEXT, markersize=5)
        axis.axvline(start, color=TEXT, linewidth=0.8, linestyle=":" if chance else "-")
        axis.set_yticks(positions, [plain(row.method) for row in rows])
        axis.tick_params(axis="y", length=0)
        axis.set_ylim(-0.6, len(rows) - 0.4)
        axis.set_xlabel(plain(metric))
        axis.grid(axis="x", alpha=0.3)

    alt = f"{task}: {metric} of {len(rows)} methods with 95 % intervals"
    return svg(WIDTH, 0.62 + ROW * len(rows), draw, alt=alt, name=name)


def ranks(rows: Sequence[Any], name: str) -> Markup:
    """Return the rank interval of each method, and lines that join those of one group."""
    letters = sorted({letter for row in rows for letter in row.group})
    end = max(row.rank_high for row in rows)

    def draw(figure: Figure) -> None:
        axis, groups = figure.subplots(
            1, 2, sharey=True, width_ratios=(3.0, 0.25 + 0.16 * len(letters))
        )
        positions = np.arange(len(rows))[::-1]
        for place, row in zip(positions, rows, strict=True):
            axis.plot([row.rank_low, row.rank_high], [place, place], color=BLUE, linewidth=5,
                      alpha=0.5, solid_capstyle="round")  # fmt: skip
            if row.aggregated_rank is not None:
                axis.plot([row.aggregated_rank], [place], "o", color=BLUE, markersize=6)
        for column, letter in enumerate(letters):
            members = [p for p, row in zip(positions, rows, strict=True) if letter in row.group]
            groups.plot([column] * 2, [min(members), max(members)], color=TEXT, linewidth=2)
            groups.plot([column] * len(members), members, "o", color=TEXT, markersize=4)
            groups.text(column, len(rows) - 0.35, letter, ha="center", fontsize=9, color=TEXT)
        axis.set_yticks(positions, [plain(row.method) for row in rows])
        axis.tick_params(axis="y", length=0)
        axis.set_xlim(0.5, end + 0.5)
        axis.set_ylim(-0.6, len(rows) - 0.1)
        axis.set_xlabel("rank, with its 95 % interval")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.grid(axis="x", alpha=0.3)
        groups.set_xlim(-0.7, len(letters) - 0.3)
        groups.set_axis_off()

    joined = "; ".join(
        f"group {letter}: {', '.join(row.method for row in rows if letter in row.group)}"
        for letter in letters
    )
    alt = f"Rank intervals of {len(rows)} methods; {joined}"
    return svg(WIDTH + 0.6, 0.75 + ROW * len(rows), draw, alt=alt, name=name)


def sizes(rows: Sequence[Any], metric: str, name: str) -> Markup:
    """Return the mean skill, or another mean, of each method against its bytes per row."""
    points = [
        (float(row.encoding["bytes_per_sample"]), _main(row), row)
        for row in rows
        if _main(row) is not None and row.encoding.get("bytes_per_sample")
    ]

    def draw(figure: Figure) -> None:
        axis = figure.subplots()
        for size, value, row in points:
            colour = GREY if row.control else BLUE
            if row.skill_low is not None:
                axis.plot([size, size], [row.skill_low, row.skill_high], color=colour, alpha=0.5)
            axis.plot([size], [value], "o", color=colour)
        doubling(axis, [size for size, _, _ in points])
        axis.margins(x=0.1, y=0.1)
        low, high = axis.get_ylim()
        for (size, value, row), shift in zip(points, _shifts(points, high - low), strict=True):
            right = size < np.sqrt(points[0][0] * max(p[0] for p in points)) or len(points) == 1
            axis.annotate(
                plain(row.method), (size, value), (6 if right else -6, shift), va="center",
                textcoords="offset points", fontsize=8, ha="left" if right else "right",
                color=TEXT,
            )  # fmt: skip
        axis.set_xlabel("bytes per row")
        axis.set_ylabel(metric)
        axis.grid(alpha=0.3)

    return svg(6.0, 3.4, draw, alt=f"{metric} against bytes per row: {_listed(points)}", name=name)


def _main(row: Any) -> float | None:
    value = row.mean_score if row.skill is None else row.skill
    return None if value is None else float(value)


def _listed(points: Sequence[tuple[float, float, Any]]) -> str:
    return "; ".join(f"{row.method} {value:.3f} at {size:,.0f}" for size, value, row in points)


def _shifts(points: Sequence[tuple[float, float, Any]], span: float) -> list[float]:
    """Return by how many points each label moves up so that no label covers another."""
    height = 3.0 * 72  # of the axis, about
    shifts = [0.0] * len(points)
    last: dict[float, float] = {}
    for index in sorted(range(len(points)), key=lambda one: points[one][1]):
        size, value, _ = points[index]
        wanted = value / span * height
        near = [top for other, top in last.items() if 0.5 < other / size < 2]
        placed = max([wanted, *(top + 10 for top in near)])
        shifts[index] = placed - wanted
        last[size] = placed
    return shifts


def first_metric(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the primary metric of a task of ``run.json``; empty without any."""
    metrics = record.get("metrics") or ({},)
    return dict(metrics[0])
