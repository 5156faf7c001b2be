"""Leaderboards as text for programs and papers: CSV, JSON, Markdown, LaTeX."""

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
from neucocore.results.leaderboard import Row, Table

LEAD = ("method", "experiment", "mean_score", "weighted_score", "aggregated_rank")
TAIL = ("phase", "protocol", "table")
"""Which table a row belongs to: numbered from 1 in the order given."""


def records(tables: Sequence[Table]) -> list[dict[str, Any]]:
    """Return the rows of all tables, each saying at its end which table it is of."""
    return [
        {**row, "phase": table.phase, "protocol": table.protocol, "table": number}
        for number, table in enumerate(tables, start=1)
        for row in table.records()
    ]


def to_json(tables: Sequence[Table]) -> str:
    """Return a list of objects, one a row."""
    return json.dumps(records(tables), indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def to_csv(tables: Sequence[Table]) -> str:
    """Return one CSV of all tables, cells empty where a table has no such task."""
    tasks = dict.fromkeys(task for table in tables for task in table.tasks)
    columns = [*LEAD, *(f"q::{t}" for t in tasks), *(f"acc::{t}" for t in tasks), *TAIL]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(records(tables))
    return text.getvalue()


def to_markdown(tables: Sequence[Table]) -> str:
    """Return a heading, a pipe table and the remarks for each table."""
    parts = []
    for table in tables:
        lines = [f"### {title(table)}", "", _piped(headings(table))]
        lines.append(_piped(["---:" if n != 1 else "---" for n in range(len(headings(table)))]))
        lines += [_piped(cells(table, row)) for row in table.rows]
        lines += ["", *(f"- {remark}" for remark in remarks(table))]
        parts.append("\n".join(lines).rstrip() + "\n")
    return "\n".join(parts)


def to_latex(tables: Sequence[Table]) -> str:
    """Return a ``tabular`` for each table, in the style of the package booktabs."""
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
    """Return one line that says what the table compares, and by what."""
    return f"{table.phase}: {table.protocol}, ranked by {table.by}"


def remarks(table: Table) -> list[str]:
    """Return what a reader must know: what was left out and why, and cautions."""
    return [f"left out: {name}, {why}" for name, why in table.left_out] + list(table.notes)


def headings(table: Table) -> list[str]:
    """Return the columns of the tables for people."""
    return ["rank", "method", "mean_score", "weighted_score", *table.tasks]


def cells(table: Table, row: Row) -> list[str]:
    """Return a row's cells for people, three decimals."""
    numbers = [row.mean_score, row.weighted_score, *(row.q[task] for task in table.tasks)]
    return [str(row.aggregated_rank), row.method, *map(_three_decimals, numbers)]


def _three_decimals(number: float) -> str:
    return f"{round(number, 3) + 0.0:.3f}"  # adding 0.0 leaves no minus before 0.000


def write_leaderboard(output: Path, phase: str, tables: Sequence[Table]) -> Path:
    """Write the CSV where NeuCo-Bench keeps its own: ``leaderboards/<phase>/``."""
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
