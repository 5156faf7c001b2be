"""``neuco evaluate``: embeddings and labels to scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neucocore.cli.places import print_places
from neucocore.cli.plugin_failures import report_failed_plugins
from neucocore.cli.score_details import (
    SAMPLE_ACCURACY,
    has_sample_accuracy,
    print_further_tables,
)
from neucocore.cli.tables import print_paragraph, print_table
from neucocore.cli.terminal import Advance, log, print_json, progress, settings, warn
from neucocore.evaluation.options import DEFAULT_OUTPUT, EvaluateOptions

if TYPE_CHECKING:
    from neucocore.results.scored_run import RunReport

INTERVAL = "95 % interval"
NARROW = ("task", "score", INTERVAL, "n", "status", "also", "metric", "chance", "attainable")
"""Columns of scores, the most important first."""
SECOND_METRICS = {"rmse": "rmse", "balanced-accuracy": "bal. acc."}
"""Metrics that the table shows next to the primary one, where a task has them."""


def evaluate(
    options: EvaluateOptions,
    json: Annotated[
        bool, typer.Option("--json", help="Print the scores as a list of objects.")
    ] = False,
) -> None:
    """Score embeddings on tasks and write one run folder per protocol."""
    from neucocore.evaluation.request import evaluate_request
    from neucocore.results.scored_run import require_no_failures, require_scores

    output = Path(options.output or DEFAULT_OUTPUT)
    options = replace(options, output=output)
    report_failed_plugins()
    reports = run(options, table=not json)
    if json:
        print_json([row for report in reports for row in report.rows()])
    require_scores(reports)
    request = evaluate_request(options)
    if request.update_leaderboard:
        from neucocore.cli.leaderboard import print_tables
        from neucocore.results.tables import write_leaderboard

        tables = print_tables(output, phase=request.phase)
        log(f"{write_leaderboard(output, request.phase, tables)}")
    require_no_failures(reports)


def run(options: EvaluateOptions, *, table: bool = True) -> list[RunReport]:
    """Evaluate with progress on the terminal, and print the scores."""
    from neucocore.evaluation.prepare import prepare
    from neucocore.evaluation.request import evaluate_request
    from neucocore.results.changed_options import changed_options, changed_text
    from neucocore.results.scored_run import check_request, run_protocol

    request = evaluate_request(options)
    check_request(request)
    prepared = prepare(request)
    for text in prepared.warnings:
        warn(text)
    reports = []
    for chosen in request.protocols:
        if chosen.spec.notice:
            log(chosen.spec.notice)
        with progress(f"score {request.method}") as advance:
            report = run_protocol(
                prepared, chosen, progress=_overall(advance, len(prepared.joined.tasks))
            )
        recorded = {
            "name": chosen.name, "version": chosen.spec.version, "options": chosen.values()
        }  # fmt: skip
        _print_report(report, table, changed_text(changed_options(recorded)))
        reports.append(report)
    return reports


def _overall(advance: Advance, tasks: int) -> Callable[[str, int, int], None]:
    """Turn the splits of single tasks into one count over all tasks."""
    finished: dict[str, int] = {}
    totals: dict[str, int] = {}

    def count(task: str, done: int, splits: int) -> None:
        finished[task], totals[task] = done, splits
        not_started = splits * (tasks - len(totals))
        advance(sum(finished.values()), sum(totals.values()) + not_started, "")

    return count


def _print_report(report: RunReport, table: bool, changed: str) -> None:
    for text in report.notes:
        warn(text)
    if table:
        print_scores(report.rows())
        print_places(report.rows())
        print_further_tables(report.rows(), details=settings.verbose)
        if changed:
            print_paragraph(changed)
    print_notes(report.rows())
    for text, names in _remarks(report.rows()).items():
        warn(f"{', '.join(names)}: {text}")
    state = " (up to date; --force scores again)" if report.up_to_date else ""
    log(f"{report.protocol}: {report.folder}{state}")


def print_notes(rows: Sequence[Mapping[str, Any]]) -> None:
    """Write to stderr what limits scores and intervals, each note once with its tasks."""
    if has_sample_accuracy(rows):
        log(f"note: {SAMPLE_ACCURACY}")
    for text, names in _interval_remarks(rows).items():
        log(f"note: interval of {', '.join(names)}: {text}")


def print_scores(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print one line per task: its score with the 95 % interval, and what it is compared with."""
    columns = ["task", "metric", "score", INTERVAL, "chance", "n"]
    if any(row["attainable"] is not None for row in rows):
        columns.insert(5, "attainable")
    also = [_second_metrics(row) for row in rows]
    columns += ["also"] if any(also) else []
    if any(row["status"] != "ok" for row in rows):
        columns.append("status")
    print_table(
        [
            {**row, INTERVAL: _interval(row), "also": second or None}
            for row, second in zip(rows, also, strict=True)
        ],
        columns,
        narrow=[name for name in NARROW if name in columns],
        name="task",
    )


def _second_metrics(row: Mapping[str, Any]) -> str:
    """Return the metrics of `SECOND_METRICS` that a task has, with the unit of the labels."""
    scores = {metric["metric"]: metric["score"] for metric in row["metrics"]}
    unit = {"rmse": row["unit"]}
    return ", ".join(
        f"{SECOND_METRICS[name]} {scores[name]:.4g} {unit.get(name, '')}".rstrip()
        for name in SECOND_METRICS
        if scores.get(name) is not None and name != row["metric"]
    )


def _interval(row: Mapping[str, Any]) -> str | None:
    return None if row["low"] is None else f"{row['low']:.3f} to {row['high']:.3f}"


def _interval_remarks(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return why scores have no interval, and what limits intervals, each with its tasks."""
    remarks: dict[str, list[str]] = {}
    for row in rows:
        missing = row["low"] is None and row["score"] is not None
        for text in (*row["remarks"], *([f"none, {row['interval_reason']}"] if missing else [])):
            remarks.setdefault(text, []).append(row["task"])
    return remarks


def _remarks(tasks: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return why tasks have no score and what else was noticed, each with its tasks."""
    remarks: dict[str, list[str]] = {}
    for task in tasks:
        without_score = [] if task["status"] == "ok" else [f"{task['status']}, {task['reason']}"]
        for text in (*without_score, *task["warnings"]):
            remarks.setdefault(text, []).append(task["task"])
    return remarks
