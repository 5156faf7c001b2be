"""``neuco compare``: which of some runs is better, and is the difference real."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neucocore.cli.plugin_failures import report_failed_plugins
from neucocore.cli.tables import print_table
from neucocore.cli.terminal import log, print_data, print_json

if TYPE_CHECKING:
    from neucocore.results.compare import RunComparison, TaskComparison
    from neucocore.statistics.comparison import Comparison, NonInferiority

INTERVAL = "95 % interval"


def compare(
    runs: Annotated[
        list[str],
        typer.Argument(
            help="Run folders that neuco evaluate has written, and packs of neuco results pack, of "
            "which PACK:METHOD names a method; with --results, also names of methods.",
            metavar="RUN RUN [RUN...]",
            show_default=False,
        ),
    ],
    results: Annotated[
        Path | None,
        typer.Option(help="Results folder in which methods are looked up.", metavar="DIR"),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            help="With --results, compare runs under this protocol; by default nested-cv, if all "
            "methods were scored under it.",
            metavar="NAME",
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            help="The run that all others are compared with; by default the last one.",
            metavar="RUN",
        ),
    ] = None,
    tasks: Annotated[
        str | None,
        typer.Option(help="Compare only these tasks; names, comma-separated.", metavar="A,B"),
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(
            help="Also test whether a run is at most this much worse than the baseline, in the "
            "unit of the score.",
            metavar="M",
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print a list with one object per compared run.")
    ] = False,
) -> None:
    """Compare runs on the same rows and splits: differences, intervals, and a verdict."""
    from neucocore.results.compare import compare_runs, find_runs, records

    report_failed_plugins()
    names: list[str] = list(runs)
    if baseline is not None and baseline not in names:
        names.append(baseline)
    found = find_runs(names, results, protocol)
    pairs = compare_runs(
        found,
        baseline=-1 if baseline is None else names.index(baseline),
        tasks=[name.strip() for name in tasks.split(",") if name.strip()] if tasks else (),
        margin=margin,
    )
    if json:
        print_json(records(pairs))
        return
    for number, pair in enumerate(pairs):
        print_data(
            ("\n" if number else "")
            + f"{pair.method} compared with {pair.baseline}, {pair.protocol}"
        )
        _show(pair)


def _show(pair: RunComparison) -> None:
    first, second = pair.method, pair.baseline
    if first == second:
        first, second = f"{first} (1)", f"{second} (2)"
    columns = [
        "task",
        "metric",
        first,
        second,
        "difference",
        INTERVAL,
        "p (Holm)",
        "detectable",
        "n",
    ]
    rows = [
        {
            "task": task.task,
            "metric": task.metric,
            first: task.scores[0],
            second: task.scores[1],
            "difference": task.comparison.difference,
            INTERVAL: _interval(task.comparison),
            "p (Holm)": _p_value(task.adjusted_p_value),
            "detectable": task.comparison.detectable,
            "n": task.n,
        }
        for task in pair.tasks
    ]
    print_table(rows, columns, narrow=["task", "difference", INTERVAL, "p (Holm)"])
    print_data(pair.verdict)
    print_data(_overall(pair))
    for text in _margin_texts(pair):
        print_data(text)
    if pair.same_size:
        print_data(f"both have {pair.bytes_per_sample[0]:g} bytes per sample")
    for text, names in _notes(pair.tasks).items():
        log(f"note: {', '.join(names)}: {text}")
    for task, reason in pair.left_out:
        log(f"left out: {task}, {reason}")
    log(
        "detectable: the smallest true difference that such a comparison finds with 80 % power; "
        "p (Holm): adjusted for the number of tasks and runs"
    )


def _overall(pair: RunComparison) -> str:
    found = pair.overall
    if found.low is None or found.high is None:
        return f"overall: no test, {found.reason}"
    text = (
        f"overall: mean skill {found.difference:+.3f} ({found.low:+.3f} to {found.high:+.3f}), "
        f"p {_p_value(found.p_value)}"
    )
    better = {"A": pair.method, "B": pair.baseline}.get(found.better)
    ending = f"{better} is better" if better else "no difference is shown"
    if found.detectable is not None:
        ending += f"; smallest difference detectable with 80 % power: {found.detectable:.3f}"
    return f"{text}; {ending}"


def _margin_texts(pair: RunComparison) -> list[str]:
    overall = pair.overall_non_inferiority
    if overall is None:
        return []
    texts = [_margin_text(pair, "overall", overall)]
    shown = [
        task.task for task in pair.tasks if task.non_inferiority and task.non_inferiority.shown
    ]
    texts.append(
        f"at most {overall.margin:g} worse on {len(shown)} of {len(pair.tasks)} tasks"
        + (f": {', '.join(shown)}" if shown else "")
    )
    return texts


def _margin_text(pair: RunComparison, place: str, found: NonInferiority) -> str:
    start = f"{place}: {pair.method} is at most {found.margin:g} worse than {pair.baseline}:"
    if found.shown is None:
        return f"{start} cannot be tested"
    verdict = "shown" if found.shown else "not shown"
    return f"{start} {verdict} (one-sided p {_p_value(found.p_value)})"


def _notes(tasks: tuple[TaskComparison, ...]) -> dict[str, list[str]]:
    """Return why tasks have no test and how others were tested, each with its tasks."""
    notes: dict[str, list[str]] = {}
    for task in tasks:
        for text in (task.comparison.reason, task.remark):
            if text:
                notes.setdefault(text, []).append(task.task)
    return notes


def _interval(found: Comparison) -> str | None:
    if found.low is None or found.high is None:
        return None
    return f"{found.low:+.3f} to {found.high:+.3f}"


def _p_value(value: Any) -> str | None:
    if value is None:
        return None
    return "< 0.0001" if value < 1e-4 else f"{value:.4f}"
