"""SVG that adapts to the page: text and axes have its colour, light or dark."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, PINK, SKY, AMBER = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"
)  # fmt: skip
COLOURS = (BLUE, ORANGE, GREEN, PINK, SKY, AMBER)
"""Okabe and Ito's colours, which can be told apart by people with colour blindness."""
GREY = "#8a8a8a"
"""Legible on white and on black."""
TEXT = "#000000"
"""Becomes the colour of the page's text."""
LONGEST = 28
"""Characters of names in figures."""


def svg(
    width: float, height: float, draw: Callable[[Figure], None], *, alt: str, name: str
) -> Markup:
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
    text = text.replace(TEXT, "currentColor")
    text = re.sub(r"font-family: [^;\"]*;? ?", "", text)
    text = re.sub(r"font: (\d+\.?\d*)px [^;\"]*", r"font-size: \1px", text)
    text = _shared_styles(text)
    text = re.sub(r"<[^>]*>", _shortened, text)
    text = re.sub(r">\s+<", "><", text)
    # Names of axes and lines repeat in every figure; only those that are referred to are needed.
    used = set(re.findall(r'[(="]#([^)"]+)', text))
    text = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in used else "", text)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    label = f'<svg role="img" aria-label="{escape(alt, quote=True)}"'
    # matplotlib escapes the texts of figures, and the alternative text is escaped above.
    return Markup(text.replace("<svg", label, 1))  # noqa: S704


def _shared_styles(text: str) -> str:
    """Return a figure in which each marker has its style once, and not at each of its points."""
    for marker in dict.fromkeys(re.findall(r'<path id="(m[0-9a-f]+)"', text)):
        use = rf'(<use xlink:href="#{marker}"[^>]*?) style="([^"]*)"'
        styles = {style for _, style in re.findall(use, text)}
        if len(styles) == 1:
            text = re.sub(use, r"\1", text)
            shape = rf'(<path id="{marker}"[^>]*?) style="[^"]*"'
            text = re.sub(shape, rf'\1 style="{styles.pop()}"', text)
    return text


def _shortened(tag: re.Match[str]) -> str:
    """Return a tag with two decimals, and spaces for line breaks."""
    return re.sub(r"(\d\.\d\d)\d+", r"\1", tag[0]).replace("\n", " ")


def plain(text: str) -> str:
    """Return a name for a figure: short, and without mathematical notation."""
    short = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return short.replace("$", r"\$")


def colours(count: int) -> list[str]:
    """Return so many colours; they repeat after six."""
    return [COLOURS[number % len(COLOURS)] for number in range(count)]


def doubling(axis: Any, values: Sequence[float]) -> None:
    """Show an x axis on which every step doubles, with plain numbers at values that occur."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    if min(values) <= 0 or min(values) == max(values):
        return
    axis.set_xscale("log", base=2)
    steps = max(values) / min(values)
    ticks = []
    for value in sorted(set(values)):  # labels of 5 characters, at most some 9 in a row
        if not ticks or value / ticks[-1] >= steps ** (1 / 9):
            ticks.append(value)
    axis.xaxis.set_major_locator(FixedLocator(ticks))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
