"""Leaderboards as CSV, JSON, Markdown and LaTeX."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from neucocore.files.atomic import write_text
from neucocore.results.layout import LEADERBOARDS, TIME_FORMAT
from neucocore.results.leaderboard import LABELS_NOT_RECORDED, Row, Table

LEAD = ("method", "experiment", "mean_score", "weighted_score", "aggregated_rank")
TAIL = ("phase", "protocol", "table", "labels")
"""Columns that identify the table of a row, and whether its labels are recorded.

Tables are numbered from 1.
"""


def records(tables: Sequence[Table]) -> list[dict[str, Any]]:
    """Return the rows of all tables; the last columns of a row identify its table."""
    return [
        {
            **record,
            "phase": table.phase,
            "protocol": table.protocol,
            "table": number,
            "labels": "recorded" if row.labels_recorded else "not recorded",
        }
        for number, table in enumerate(tables, start=1)
        for row, record in zip(table.rows, table.records(), strict=True)
    ]


def to_json(tables: Sequence[Table]) -> str:
    """Return a JSON list with one object per row."""
    return json.dumps(records(tables), indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def to_csv(tables: Sequence[Table]) -> str:
    """Return all tables as one CSV; a cell is empty if its table does not have the task."""
    tasks = dict.fromkeys(task for table in tables for task in table.tasks)
    columns = [*LEAD, *(f"q::{t}" for t in tasks), *(f"acc::{t}" for t in tasks), *TAIL]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(records(tables))
    return text.getvalue()


def to_markdown(tables: Sequence[Table]) -> str:
    """Return each table as Markdown: a heading, the table and the remarks."""
    parts = []
    for table in tables:
        lines = [f"### {title(table)}", "", _piped(headings(table))]
        lines.append(_piped(["---:" if n != 1 else "---" for n in range(len(headings(table)))]))
        lines += [_piped(cells(table, row)) for row in table.rows]
        lines += ["", *(f"- {remark}" for remark in remarks(table))]
        parts.append("\n".join(lines).rstrip() + "\n")
    return "\n".join(parts)


def to_latex(tables: Sequence[Table]) -> str:
    """Return each table as a LaTeX ``tabular`` for the package booktabs."""
    parts = []
    for table in tables:
        lines = [f"% {title(table)}", *(f"% {remark}" for remark in remarks(table))]
        lines.append(r"\begin{tabular}{rl" + "r" * (len(headings(table)) - 2) + "}")
        lines += [r"\toprule", _latex_row(headings(table)), r"\midrule"]
        lines += [_latex_row(cells(table, row)) for row in table.rows]
        lines += [r"\bottomrule", r"\end{tabular}"]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def title(table: Table) -> str:
    """Return one line with the phase, the protocol and the ranking of a table."""
    return f"{table.phase}: {table.protocol}, ranked by {table.by}"


def remarks(table: Table) -> list[str]:
    """Return which runs were left out and why, and what limits the conclusions."""
    return [f"left out: {name}, {reason}" for name, reason in table.left_out] + list(table.notes)


def headings(table: Table) -> list[str]:
    """Return the column headings of tables for display."""
    return ["rank", "method", "mean_score", "weighted_score", *table.tasks]


def cells(table: Table, row: Row) -> list[str]:
    """Return the cells of a row for display, with three decimals."""
    numbers = [row.mean_score, row.weighted_score, *(row.q[task] for task in table.tasks)]
    mark = "" if row.labels_recorded or not table.marks_labels else f" ({LABELS_NOT_RECORDED})"
    return [str(row.aggregated_rank), f"{row.method}{mark}", *map(_three_decimals, numbers)]


def _three_decimals(number: float) -> str:
    return f"{round(number, 3) + 0.0:.3f}"  # adding 0.0 turns -0.000 into 0.000


def write_leaderboard(output: Path, phase: str, tables: Sequence[Table]) -> Path:
    """Write all tables as CSV to ``leaderboards/<phase>/``, as NeuCo-Bench does."""
    stamp = datetime.now(UTC).strftime(TIME_FORMAT)
    path = output / LEADERBOARDS / phase / f"leaderboard_{stamp}.csv"
    write_text(path, to_csv(tables))
    return path


def _piped(texts: Sequence[str]) -> str:
    return "| " + " | ".join(text.replace("|", r"\|") for text in texts) + " |"


def _latex_row(texts: Sequence[str]) -> str:
    return " & ".join(_escaped(text) for text in texts) + r" \\"


def _escaped(text: str) -> str:
    special = {char: f"\\{char}" for char in "&%$#_{}"}
    special |= {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}"}
    return "".join(special.get(char, char) for char in text)
