"""Leaderboards as CSV, JSON, Markdown and LaTeX."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from neucocore.files.atomic import write_text
from neucocore.results.changed_options import changed_text
from neucocore.results.comparable import LABELS_NOT_RECORDED
from neucocore.results.layout import LEADERBOARDS, TIME_FORMAT
from neucocore.results.leaderboard import Table
from neucocore.results.rows import Row
from neucocore.results.skill import Pair

LEAD = ("method", "experiment", "mean_score", "weighted_score", "aggregated_rank")
BY_TEXT = {"skill": "mean skill"}
TRANSDUCTIVE = "*"
TRANSDUCTIVE_MEANS = (
    "transductive: fitted on the cubes that it encodes; the vector of a cube depends on the others"
)
SCORES = ("mean_score", "weighted_score", "skill", "2 AUC - 1")
"""Columns besides the tasks whose largest value is best."""
BOLD = (
    "bold: the largest value of a column, and mean skills that cannot be told apart from the first"
)
_MARKDOWN = re.compile(r"[\\`*|\[\]]|(?<!\w)_|_(?!\w)|~(?=~)")
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
            **more,
        }
        for number, table in enumerate(tables, start=1)
        for row, record, more in zip(
            table.rows, table.records(), table.uncertainty_records(), strict=True
        )
    ]


def pair_records(tables: Sequence[Table]) -> list[dict[str, Any]]:
    """Return all pairs of ranked methods of all tables by mean skill."""
    return [
        {"phase": table.phase, "protocol": table.protocol, "table": number, **asdict(pair)}
        for number, table in enumerate(tables, start=1)
        for pair in table.pairs
    ]


def to_json(tables: Sequence[Table]) -> str:
    """Return a JSON list with one object per row."""
    return json.dumps(records(tables), indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def to_csv(tables: Sequence[Table]) -> str:
    """Return all tables as one CSV; a cell is empty if its table does not have the task."""
    tasks = dict.fromkeys(task for table in tables for task in table.tasks)
    rows = records(tables)
    columns = [*LEAD, *(f"q::{t}" for t in tasks), *(f"acc::{t}" for t in tasks), *TAIL]
    more = dict.fromkeys(column for row in rows for column in row if column not in columns)
    return _csv(rows, [*columns, *more])


def pairs_to_csv(tables: Sequence[Table]) -> str:
    """Return all pairs of all tables as one CSV."""
    return _csv(pair_records(tables), [*TAIL[:3], *(f.name for f in fields(Pair))])


def _csv(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def to_markdown(tables: Sequence[Table]) -> str:
    """Return each table as Markdown: a heading, the table and the remarks."""
    parts = []
    for table in tables:
        columns = map(_escaped_markdown, headings(table))
        lines = [f"### {_escaped_markdown(title(table))}", "", _piped(columns)]
        lines.append(_piped(["---:" if n != 1 else "---" for n in range(len(headings(table)))]))
        marked = best_cells(table)
        lines += [
            _piped(
                _bold_markdown(text, (i, j) in marked) for j, text in enumerate(cells(table, row))
            )
            for i, row in enumerate(table.rows)
        ]
        texts = [*([BOLD] if marked else []), *footnotes(table), *remarks(table)]
        lines += ["", *(f"- {_escaped_markdown(text)}" for text in texts)]
        parts.append("\n".join(lines).rstrip() + "\n")
    return "\n".join(parts)


def to_latex(tables: Sequence[Table]) -> str:
    """Return each table as a LaTeX ``tabular`` for the package booktabs."""
    parts = []
    for table in tables:
        marked = best_cells(table)
        texts = [title(table), *([BOLD] if marked else []), *footnotes(table), *remarks(table)]
        lines = [f"% {' '.join(text.split())}" for text in texts]
        lines.append(r"\begin{tabular}{rl" + "r" * (len(headings(table)) - 2) + "}")
        lines += [r"\toprule", _latex_row(headings(table)), r"\midrule"]
        lines += [
            _latex_row(
                cells(table, row), {j for j in range(len(headings(table))) if (i, j) in marked}
            )
            for i, row in enumerate(table.rows)
        ]
        lines += [r"\bottomrule", r"\end{tabular}"]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def title(table: Table) -> str:
    """Return one line with the phase, the protocol and the ranking of a table."""
    order = f"ranked by {BY_TEXT.get(table.by, table.by)}"
    if all(row.aggregated_rank is None for row in table.rows):
        order = "not ranked"
    if table.suite or table.by == "skill":
        order = f"{f'suite {table.suite}' if table.suite else 'ad hoc'}, {order}"
    several = f", table {table.number} of {table.of}" if table.of > 1 else ""
    return f"{table.phase}: {table.protocol}, {order}{several}"


def footnotes(table: Table) -> list[str]:
    """Return what has to be known to read a table: its marks, metrics, options, training data."""
    notes = []
    if any(row.encoding.get("fit") == "transductive" for row in table.rows):
        notes.append(f"{TRANSDUCTIVE} {TRANSDUCTIVE_MEANS}")
    if table.metrics:
        notes.append(f"metric: {_by_value(table.metrics, 'the other tasks')}")
    if table.changed:
        notes.append(changed_text(table.changed))
    data = {
        row.method: str(row.encoding["training_data"])
        for row in table.rows
        if row.encoding.get("training_data")
    }
    if data:
        notes.append(f"training data: {_by_value(data)}")
    return notes


def _by_value(values: Mapping[str, str], rest: str = "") -> str:
    """Return each value with the names that have it; only the value if all have the same.

    Parameters
    ----------
    rest
        What the names of the most frequent value are called, which comes last; by default all
        names are written.
    """
    names: dict[str, list[str]] = {}
    for name, value in values.items():
        names.setdefault(value, []).append(name)
    if len(names) == 1:
        return next(iter(names))
    ordered = sorted(names.items(), key=lambda item: len(item[1])) if rest else list(names.items())
    texts = [f"{value} ({', '.join(having)})" for value, having in ordered]
    if rest and len(ordered[-1][1]) > 1:
        texts[-1] = f"{ordered[-1][0]} ({rest})"
    return "; ".join(texts)


def remarks(table: Table) -> list[str]:
    """Return which runs were left out and why, and what limits the conclusions."""
    return [f"left out: {name}, {reason}" for name, reason in table.left_out] + list(table.notes)


def marks(table: Table, row: Row) -> str:
    """Return what is written behind the name of a method."""
    mark = f" {TRANSDUCTIVE}" if row.encoding.get("fit") == "transductive" else ""
    if not row.labels_recorded and table.marks_labels:
        mark += f" ({LABELS_NOT_RECORDED})"
    if row.control and table.by == "skill":
        mark += " (control)"
    return mark


def headings(table: Table) -> list[str]:
    """Return the column headings of tables for display."""
    return [*ranking_headings(table), *table.tasks]


def ranking_headings(table: Table) -> list[str]:
    """Return the column headings of what a row is ranked by, without the tasks."""
    encoding = (
        ["fit", "d", "bytes"] if any(row.encoding.get("dimension") for row in table.rows) else []
    )
    if table.by != "skill":
        return ["rank", "method", "mean_score", "weighted_score", *encoding]
    problems = table.problems if len(table.problems) > 1 else ()
    auc = ["2 AUC - 1"] if any(row.auc_skill is not None for row in table.rows) else []
    return [
        "rank",
        "method",
        "skill",
        "95 % interval",
        "ranks",
        "group",
        *encoding,
        *problems,
        *auc,
    ]


def shown_name(table: Table, row: Row) -> str:
    """Return the name of a row: its method, or its run where a method has several rows."""
    repeated = len({row.method for row in table.rows}) < len(table.rows)
    return row.experiment if repeated else row.method


def cells(table: Table, row: Row) -> list[str]:
    """Return the cells of a row for display, with three decimals."""
    shown = {
        "rank": "-" if row.aggregated_rank is None else str(row.aggregated_rank),
        "method": f"{shown_name(table, row)}{marks(table, row)}",
        "mean_score": _three_decimals(row.mean_score),
        "weighted_score": _three_decimals(row.weighted_score),
        "skill": _three_decimals(row.skill),
        "95 % interval": _range(row.skill_low, row.skill_high, _three_decimals),
        "ranks": _range(row.rank_low, row.rank_high, str),
        "group": row.group or "-",
        "fit": row.encoding.get("fit") or "-",
        "d": str(row.encoding.get("dimension") or "-"),
        "bytes": f"{row.encoding.get('bytes_per_sample') or 0:g}",
        "2 AUC - 1": _three_decimals(row.auc_skill),
        **{problem: _three_decimals(value) for problem, value in row.problem_skills.items()},
    }
    ranking = [shown.get(heading, "-") for heading in ranking_headings(table)]
    return [*ranking, *(_three_decimals(row.q[task]) for task in table.tasks)]


def _range(low: Any, high: Any, text: Callable[[Any], str]) -> str:
    if low is None or high is None:
        return "-"
    return text(low) if low == high else f"{text(low)} to {text(high)}"


def _three_decimals(number: float | None) -> str:
    if number is None:
        return "-"
    return f"{round(number, 3) + 0.0:.3f}"  # adding 0.0 turns -0.000 into 0.000


def write_leaderboard(output: Path, phase: str, tables: Sequence[Table]) -> Path:
    """Write all tables as CSV to ``leaderboards/<phase>/``, as NeuCo-Bench does."""
    stamp = datetime.now(UTC).strftime(TIME_FORMAT)
    path = output / LEADERBOARDS / phase / f"leaderboard_{stamp}.csv"
    write_text(path, to_csv(tables))
    return path


def best_cells(table: Table) -> set[tuple[int, int]]:
    """Return row and column of the cells that are written in bold.

    In columns of scores these are the largest values, as they are shown; in a column of mean skill
    those of all methods that cannot be told apart from the first. With one row nothing is bold.
    """
    ranked = [i for i, row in enumerate(table.rows) if row.aggregated_rank is not None]
    if len(ranked) < 2:
        return set()
    shown = [cells(table, row) for row in table.rows]
    columns = headings(table)
    first = next(i for i in ranked if table.rows[i].aggregated_rank == 1)
    best = set()
    for j, name in enumerate(columns):
        if j < len(columns) - len(table.tasks) and name not in SCORES:
            continue
        letters = set(table.rows[first].group)
        if name == "skill" and letters:
            best |= {(i, j) for i in ranked if letters & set(table.rows[i].group)}
            continue
        values = {i: float(shown[i][j]) for i in ranked if shown[i][j] != "-"}
        best |= {(i, j) for i, value in values.items() if value == max(values.values())}
    return best


def _bold_markdown(text: str, bold: bool) -> str:
    return f"**{_escaped_markdown(text)}**" if bold else _escaped_markdown(text)


def _escaped_markdown(text: str) -> str:
    r"""Return a text in one line that Markdown, and HTML in it, leave as it is."""
    return _MARKDOWN.sub(r"\\\g<0>", " ".join(text.split())).replace("<", "&lt;")


def _piped(texts: Iterable[str]) -> str:
    return "| " + " | ".join(texts) + " |"


def _latex_row(texts: Sequence[str], bold: Set[int] = frozenset()) -> str:
    parts = [
        rf"\textbf{{{_escaped(t)}}}" if j in bold else _escaped(t) for j, t in enumerate(texts)
    ]
    return " & ".join(parts) + r" \\"


def _escaped(text: str) -> str:
    special = {char: f"\\{char}" for char in "&%$#_{}"}
    special |= {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}"}
    special |= {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}"}
    return "".join(special.get(char, char) for char in " ".join(text.split()))
