"""Figures as SVG that adapts to the page: text and axes have its colour, light or dark."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

BLUE, ORANGE, GREEN, PINK, SKY, AMBER = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"
)  # fmt: skip
COLOURS = (BLUE, ORANGE, GREEN, PINK, SKY, AMBER)
"""Okabe and Ito's colours, which can be told apart by people with colour blindness."""
LONGEST = 28
"""Characters of names in figures."""


def svg(width: float, height: float, draw: Callable[[Figure], None], *, alt: str, name: str) -> str:
    """Return a figure as an SVG element.

    Parameters
    ----------
    width, height
        In inches.
    draw
        Draws into the figure.
    alt
        What the figure shows, for people who do not see it.
    name
        Distinguishes the figure from all others of the page.
    """
    with mpl.rc_context(
        {"svg.fonttype": "none", "svg.hashsalt": name, "font.size": 9, "axes.spines.top": False,
         "axes.spines.right": False}
    ), warnings.catch_warnings():  # fmt: skip
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure = Figure(figsize=(width, height), layout="constrained")
        draw(figure)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = text.replace("#000000", "currentColor").replace("font-family", "data-font")
    text = re.sub(r"font: (\d+\.?\d*)px [^;\"]*", r"font-size: \1px", text)
    # Names of axes and lines repeat in every figure; only those that are referred to are needed.
    used = set(re.findall(r'[(="]#([^)"]+)', text))
    text = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in used else "", text)
    label = f'<svg role="img" aria-label="{escape(alt, quote=True)}"'
    return text.replace("<svg", label, 1)


def plain(text: str) -> str:
    """Return a name for a figure: short, and without mathematical notation."""
    short = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return short.replace("$", r"\$")


def scores(
    tasks: Sequence[str], methods: Sequence[str], values: Sequence[Mapping[str, Any]], name: str
) -> str:
    """Return one panel per task: the score of each method with its 95 % interval."""
    columns = min(3, len(tasks))
    rows = -(-len(tasks) // columns)
    height = rows * (0.55 + 0.24 * len(methods))

    def draw(figure: Figure) -> None:
        axes = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
        positions = np.arange(len(methods))[::-1]
        for number, task in enumerate(tasks):
            axis = axes[number]
            for place, of_method in zip(positions, values, strict=True):
                score, low, high = of_method[task]
                if score is None:
                    continue
                if low is not None:
                    axis.plot([low, high], [place, place], color=BLUE, linewidth=1.5)
                axis.plot([score], [place], "o", color=BLUE, markersize=4)
            axis.set_title(plain(task), fontsize=9)
            axis.set_yticks(positions, [plain(method) for method in methods])
            axis.margins(y=0.08)
            axis.grid(axis="x", alpha=0.3)
        for axis in axes[len(tasks) :]:
            axis.set_axis_off()

    alt = f"Scores with 95 % intervals of {len(methods)} methods on {len(tasks)} tasks"
    return svg(3.1 * columns + 1, height, draw, alt=alt, name=name)


def ranks(methods: Sequence[str], rows: Sequence[Any], name: str) -> str:
    """Return the rank interval of each method, with the letters of its groups."""

    def draw(figure: Figure) -> None:
        axis = figure.subplots()
        positions = np.arange(len(methods))[::-1]
        for place, row in zip(positions, rows, strict=True):
            axis.plot([row.rank_low, row.rank_high], [place, place], color=BLUE, linewidth=5,
                      solid_capstyle="round")  # fmt: skip
            axis.text(row.rank_high + 0.25, place, row.group, va="center", fontsize=9)
        axis.set_yticks(positions, [plain(method) for method in methods])
        axis.set_xlim(0.5, len(methods) + 1)
        axis.set_xlabel("rank; methods with a common letter cannot be told apart")
        axis.xaxis.get_major_locator().set_params(integer=True)

    alt = f"Rank intervals of {len(methods)} methods"
    return svg(6.5, 0.8 + 0.26 * len(methods), draw, alt=alt, name=name)


def sizes(methods: Sequence[str], rows: Sequence[Any], name: str) -> str:
    """Return the mean skill against bytes per row."""

    def draw(figure: Figure) -> None:
        axis = figure.subplots()
        for method, row in zip(methods, rows, strict=True):
            size = row.encoding["bytes_per_sample"]
            if row.skill_low is not None:
                axis.plot([size, size], [row.skill_low, row.skill_high], color=BLUE, alpha=0.5)
            axis.plot([size], [row.skill], "o", color=BLUE)
            axis.annotate(plain(method), (size, row.skill), xytext=(5, 3), fontsize=8,
                          textcoords="offset points")  # fmt: skip
        _doubling(axis, [row.encoding["bytes_per_sample"] for row in rows])
        axis.set_xlabel("bytes per row")
        axis.set_ylabel("mean skill")
        axis.margins(x=0.15)
        axis.grid(alpha=0.3)

    return svg(6.5, 3.4, draw, alt="Mean skill against bytes per row", name=name)


def curves(rows: Sequence[Mapping[str, Any]], task: str, name: str) -> str:
    """Return the curves of a sweep on one task: score against bytes, and training rows."""
    of_task = [row for row in rows if row["task"] == task and row["score"] is not None]
    trained = [row for row in of_task if row["training_rows"]]
    embeddings = list(dict.fromkeys(row["embedding"] for row in of_task))

    def draw(figure: Figure) -> None:
        axes = figure.subplots(1, 1 + bool(trained), squeeze=False)[0]
        for embedding, colour in zip(embeddings, _cycle(len(embeddings)), strict=True):
            own = [row for row in of_task if row["embedding"] == embedding]
            families = dict.fromkeys(row["family"] for row in own if row["family"] != "complete")
            for style, family in zip(("-", "--", ":", "-."), families, strict=False):
                points = [row for row in own if row["family"] == family]
                sizes_of = np.array([row["bytes"] for row in points], dtype=float)
                values = np.array([row["score"] for row in points])
                nodes = np.unique(sizes_of)
                best = np.maximum.accumulate([values[sizes_of == node].max() for node in nodes])
                axes[0].plot(sizes_of, values, ".", color=colour, alpha=0.3)
                axes[0].plot(
                    nodes, best, style, color=colour, label=plain(f"{embedding}, {family}")
                )
            some = sorted((row for row in own if row["training_rows"]),
                          key=lambda row: row["training_rows"])  # fmt: skip
            if some:
                errors = [
                    [row["score"] - _or(row["low"], row["score"]) for row in some],
                    [_or(row["high"], row["score"]) - row["score"] for row in some],
                ]
                axes[1].errorbar([row["training_rows"] for row in some],
                                 [row["score"] for row in some], np.clip(errors, 0, None),
                                 color=colour, marker=".", label=plain(embedding))  # fmt: skip
        _doubling(axes[0], [row["bytes"] for row in of_task])
        axes[0].set_xlabel("bytes per row; lines: best score with at most so many bytes")
        axes[0].set_ylabel(of_task[0]["metric"])
        axes[0].legend(fontsize=7)
        if trained:
            _doubling(axes[1], [row["training_rows"] for row in trained])
            axes[1].set_xlabel("training rows")
        figure.suptitle(plain(task), fontsize=9)

    alt = f"{task}: score of {len(embeddings)} embeddings at several sizes"
    return svg(5.2 * (1 + bool(trained)), 3.4, draw, alt=alt, name=name)


def predicted(
    truth: NDArray[np.float64], guess: NDArray[np.float64], unit: str, title: str, name: str
) -> str:
    """Return predicted against true values, with equal axes, as a density."""
    low, high = float(min(truth.min(), guess.min())), float(max(truth.max(), guess.max()))
    pad = 0.03 * (high - low) or 1.0
    limits = (low - pad, high + pad)

    def draw(figure: Figure) -> None:
        axis = figure.subplots()
        bins = 60 if len(truth) > 400 else 40
        counts, edges, _ = np.histogram2d(truth, guess, bins=bins, range=(limits, limits))
        shown = np.ma.masked_equal(counts.T, 0)
        axis.plot(limits, limits, color="#000000", linewidth=0.7, alpha=0.5)
        axis.imshow(shown, origin="lower", extent=(*limits, *limits), cmap="viridis_r",
                    interpolation="nearest", aspect="equal")  # fmt: skip
        suffix = f" ({plain(unit)})" if unit else ""
        axis.set(xlim=limits, ylim=limits, xlabel=f"true{suffix}", ylabel=f"predicted{suffix}")
        axis.set_title(f"{plain(title)}, n = {len(truth)}", fontsize=9)
        del edges

    alt = f"{title}: predicted against true values of {len(truth)} rows"
    return svg(3.1, 3.1, draw, alt=alt, name=name)


def error_map(found: Mapping[str, Any], title: str, name: str) -> str:
    """Return the mean error in cells, without any site."""
    cells = found["cells"]

    def draw(figure: Figure) -> None:
        axis = figure.subplots()
        lon, lat = [c["lon"] for c in cells], [c["lat"] for c in cells]
        values = [c["error"] for c in cells]
        painted = axis.scatter(lon, lat, c=values, cmap="viridis", marker="s", s=28)
        figure.colorbar(painted, ax=axis, label="mean error")
        axis.set(xlabel="longitude", ylabel="latitude")
        axis.set_title(f"{plain(title)}, cells of {found['km']:g} km", fontsize=9)

    alt = f"{title}: mean error in {len(cells)} cells of {found['km']:g} km"
    return svg(5.2, 3.6, draw, alt=alt, name=name)


def _cycle(count: int) -> list[str]:
    return [COLOURS[number % len(COLOURS)] for number in range(count)]


def _or(value: float | None, other: float) -> float:
    return other if value is None else value


def _doubling(axis: Any, values: Sequence[float]) -> None:
    """Show an axis on which every step doubles, with plain numbers."""
    from matplotlib.ticker import ScalarFormatter

    if min(values) <= 0 or min(values) == max(values):
        return
    axis.set_xscale("log", base=2)
    axis.xaxis.set_major_formatter(ScalarFormatter())
