"""Results as HTML, for notebooks: every text is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any


def html_table(caption: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as an HTML table.

    Parameters
    ----------
    columns
        Keys of the rows, in order; they are the headings. A missing or undefined value is a dash.
    """
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(_cell(row.get(name)) for name in columns) + "</tr>" for row in rows
    )
    return (
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def html_list(items: Sequence[str]) -> str:
    """Return sentences as an HTML list."""
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"


def interval_text(low: float | None, high: float | None) -> str:
    """Return an interval as text; empty without one."""
    return "" if low is None or high is None else f"{low:.3f} to {high:.3f}"


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "<td>-</td>"
    if isinstance(value, float):
        return f'<td style="text-align: right">{value:.4g}</td>'
    if isinstance(value, int):
        return f'<td style="text-align: right">{value}</td>'
    return f"<td>{escape(str(value))}</td>"
