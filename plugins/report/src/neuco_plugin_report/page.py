"""The page: figures and tables put into the template."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

import neucocore
from neuco_plugin_report import figures
from neuco_plugin_report.results import Results, Run, Table
from neucocore import NeucoError

MOST_TASKS = 24
"""Tasks of a table up to which they are drawn."""
MOST_METHODS = 30
"""Methods of a table up to which they are drawn."""
MAX_ROWS = 20_000
"""Rows of a task that are drawn."""


def render(results: Results, *, title: str, plotted: int) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    plotted
        Methods of each table that get plots of their own, the best first.
    """
    environment = jinja2.Environment(
        loader=jinja2.BaseLoader(), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    source = resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    environment.filters["number"] = number
    return environment.from_string(source).render(
        title=title,
        summary=results.summary,
        problem=results.problem,
        decision=None if results.decision is None else _decision(results.decision),
        sweep=None if results.sweep is None else _sweep(results.sweep),
        tables=[_table(table, position, plotted) for position, table in enumerate(results.tables)],
        tasks=_task_cards(results),
        version=neucocore.__version__,
    )


def number(value: Any, digits: int = 3) -> str:
    """Return a number with so many decimals; a dash for None."""
    if value is None:
        return "–"  # noqa: RUF001
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if not text.strip("-0.") else text


def _decision(found: Mapping[str, Any]) -> dict[str, Any]:
    maps = found.get("map") or {}
    return {
        "sentences": [sentence["text"] for sentence in found.get("sentences", ())],
        "maps": [
            Markup(figures.error_map(of_task, task, f"map-{position}"))  # noqa: S704
            for position, (task, of_task) in enumerate(maps.items())
            if isinstance(of_task, dict) and of_task.get("cells")
        ],
        "hidden": {
            task: of_task["hidden_sites"]
            for task, of_task in maps.items()
            if isinstance(of_task, dict)
        },
    }


def _sweep(found: Mapping[str, Any]) -> dict[str, Any]:
    rows = found.get("rows", [])
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    return {
        "figures": [
            Markup(figures.curves(rows, task, f"curve-{position}"))  # noqa: S704
            for position, task in enumerate(tasks[:MOST_TASKS])
        ],
        "enough": [
            {**one, "undecided": ", ".join(one["undecided"]),
             "too_small": ", ".join(one["too_small"])}
            for one in (*found.get("fewest_bytes", ()), *found.get("fewest_labels", ()))
        ],
        "gains": found.get("gains", []),
    }  # fmt: skip


def _table(table: Table, position: int, plotted: int) -> dict[str, Any]:
    runs, tasks = table.runs, list(table.table.tasks)
    rows = [run.row for run in runs]
    names = [run.method for run in runs]
    drawn: list[Markup] = []
    few = len(runs) <= MOST_METHODS and len(tasks) <= MOST_TASKS
    if runs and tasks and few:
        values = [
            {task: (row.acc.get(task), *row.intervals.get(task, (None, None))) for task in tasks}
            for row in rows
        ]
        drawn.append(_svg(figures.scores(tasks, names, values, f"scores-{position}")))
    ranked = [row for row in rows if row.rank_low is not None]
    if 1 < len(ranked) <= MOST_METHODS:
        drawn.append(_svg(figures.ranks([r.method for r in ranked], ranked, f"ranks-{position}")))
    sized = [r for r in rows if r.skill is not None and r.encoding.get("bytes_per_sample")]
    if len({row.encoding["bytes_per_sample"] for row in sized}) > 1:
        drawn.append(_svg(figures.sizes([r.method for r in sized], sized, f"sizes-{position}")))
    return {
        "id": f"table-{position}",
        "title": f"{table.table.phase}: {table.table.protocol}",
        "by": table.table.by,
        "tasks": tasks,
        "rows": [
            {
                "id": f"run-{position}-{place}",
                "row": row,
                "fit": row.encoding.get("fit"),
                "dimension": row.encoding.get("dimension"),
                "bytes": row.encoding.get("bytes_per_sample"),
            }
            for place, row in enumerate(rows)
        ],
        "left_out": table.table.left_out,
        "notes": table.table.notes,
        "figures": drawn,
        "methods": [
            _method(run, f"run-{position}-{place}", plots=place < plotted)
            for place, run in enumerate(runs)
        ],
    }


def _method(run: Run, anchor: str, *, plots: bool) -> dict[str, Any]:
    embeddings = run.record.get("embeddings", {})
    return {
        "id": anchor,
        "name": run.method,
        "run": run.folder.name,
        "tasks": [
            _task(run, task, f"{anchor}-{k}", plots=plots) for k, task in enumerate(run.tasks)
        ],
        "warnings": list(run.record.get("warnings", ())),
        "provenance": {
            "embeddings": embeddings.get("file"),
            "rows": embeddings.get("rows"),
            "dimensions": embeddings.get("dimension"),
            "digest": (embeddings.get("digest") or "")[:16],
            "protocol": (run.record.get("protocol") or {}).get("identity"),
            "started": (run.record.get("costs") or {}).get("started"),
            "software": ", ".join(
                f"{one.get('distribution')} {one.get('version')}"
                for one in (run.record.get("software") or {}).get("distributions", ())
            ),
        },
        "product": embeddings.get("product"),
    }


def _task(run: Run, task: Mapping[str, Any], name: str, *, plots: bool) -> dict[str, Any]:
    metrics = list(task.get("metrics") or ())
    primary = metrics[0] if metrics else {}
    others = {metric["metric"]: metric.get("score") for metric in metrics[1:]}
    figure, confusion = None, None
    if plots and task.get("score") is not None:
        figure, confusion = _errors(run, task, name)
    return {
        "name": task.get("task"),
        "metric": task.get("metric"),
        "score": task.get("score"),
        "low": primary.get("low"),
        "high": primary.get("high"),
        "chance": primary.get("chance"),
        "n": task.get("n"),
        "unit": task.get("unit") or "",
        "reason": task.get("reason") or primary.get("interval_reason") or "",
        "others": others,
        "warnings": list(task.get("warnings") or ()),
        "figure": figure,
        "confusion": confusion,
    }


def _errors(
    run: Run, task: Mapping[str, Any], name: str
) -> tuple[Markup | None, dict[str, Any] | None]:
    """Return predicted against true values, or the confusion of classes."""
    try:
        with np.load(
            run.folder / str(task["task"]) / "predictions.npz", allow_pickle=False
        ) as file:
            truth, guess = file["y_true"], file["y_pred"]
    except (OSError, KeyError, ValueError):
        return None, None
    problem = task.get("problem")
    if problem == "regression" and truth.ndim == 1 and len(truth) <= MAX_ROWS:
        known = np.isfinite(truth) & np.isfinite(guess)
        if not known.any():
            return None, None
        text = figures.predicted(
            truth[known], guess[known], str(task.get("unit") or ""), str(task["task"]), name
        )
        return _svg(text), None
    if problem in ("binary", "multiclass"):
        decided = guess.argmax(axis=1) if guess.ndim == 2 else (guess > 0.5).astype(int)
        classes = list(task.get("classes") or ())
        count = max(len(classes), int(max(truth.max(), decided.max())) + 1, 2)
        if count > MOST_METHODS:
            return None, None
        matrix = np.zeros((count, count), dtype=int)
        np.add.at(matrix, (truth.astype(int), decided.astype(int)), 1)
        names = [classes[k] if k < len(classes) else str(k) for k in range(count)]
        shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
        return None, {"classes": names, "shares": shares.tolist(), "counts": matrix.tolist()}
    return None, None


def _task_cards(results: Results) -> list[dict[str, Any]]:
    """Return what is known about each task: data set, labels, licence, citation."""
    names: dict[str, None] = {}
    for table in results.tables:
        names.update(dict.fromkeys(table.table.tasks))
    cards = []
    for name in names:
        try:
            spec: Any = neucocore.find("task", name.partition("@")[0]).spec
        except NeucoError:
            cards.append({"name": name, "summary": "own labels", "facts": {}})
            continue
        source = spec.source
        facts = {"data set": spec.dataset, "unit": spec.unit, "citation": spec.citation}
        if source is not None:
            facts |= {"labels": source.name, "licence of the labels": source.license,
                      "region": source.region, "years": source.years}  # fmt: skip
        cards.append({"name": name, "summary": spec.summary,
                      "facts": {key: value for key, value in facts.items() if value}})  # fmt: skip
    return cards


def _svg(text: str) -> Markup:
    # matplotlib escapes names in its texts; figures.svg escapes the alternative text.
    return Markup(text)  # noqa: S704
