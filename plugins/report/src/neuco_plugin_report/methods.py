"""The page of one method: its scores, errors and origin in every table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import neucocore
from neuco_plugin_report import errors, maps
from neuco_plugin_report.figures import first_metric
from neuco_plugin_report.results import Run, Table
from neuco_plugin_report.thumbnails import Thumbnails

WORST = 4
"""Rows with the largest errors that are shown."""
MAX_CHARACTERS = 2_500_000
"""Of all plots of methods; no further method is plotted beyond, so that a page can be mailed."""


@dataclass(frozen=True, eq=False)
class Drawing:
    """What is drawn for methods.

    Attributes
    ----------
    methods
        Methods of each table that get plots of their own, the best first.
    places
        Table with the coordinates of ids, or None.
    exact
        Whether ids and exact locations may be shown.
    """

    methods: int
    places: Path | None
    exact: bool
    thumbnails: Thumbnails


def anchors(tables: Sequence[Table]) -> dict[str, str]:
    """Return the address of each method's page, in the order of the tables."""
    names = dict.fromkeys(run.method for table in tables for run in table.runs)
    return {name: f"method-{number}" for number, name in enumerate(names)}


def method_pages(tables: Sequence[Table], drawing: Drawing) -> list[dict[str, Any]]:
    """Return one page per method."""
    pages = {
        name: {"id": anchor, "name": name, "runs": []} for name, anchor in anchors(tables).items()
    }
    drawn = 0
    for position, table in enumerate(tables):
        for place, run in enumerate(table.runs):
            anchor = f"run-{position}-{place}"
            plots = place < drawing.methods and not run.row.control and drawn < MAX_CHARACTERS
            described = _run(run, anchor, drawing if plots else None)
            drawn += sum(map(_characters, described["errors"]))
            pages[run.method]["runs"].append(
                {"title": table.title, "table": f"table-{position}", **described}
            )
    return list(pages.values())


def _run(run: Run, anchor: str, drawing: Drawing | None) -> dict[str, Any]:
    embeddings = run.record.get("embeddings") or {}
    on_map = {} if drawing is None else _maps(run, drawing)
    row = run.row
    return {
        "row": row,
        "tasks": [_scores(task) for task in run.tasks],
        "errors": [
            found
            for number, task in enumerate(run.tasks)
            if drawing is not None
            and task.get("score") is not None
            and (found := _errors(run, task, f"{anchor}-{number}", drawing, on_map))
        ],
        "drawn": drawing is not None,
        "warnings": list(run.record.get("warnings", ())),
        "left_out": list(run.record.get("tasks_left_out", ())),
        "provenance": {
            "run": run.folder.name,
            "embeddings": embeddings.get("file"),
            "rows": embeddings.get("rows"),
            "dimensions": embeddings.get("dimension"),
            "bytes per row": embeddings.get("bytes_per_row"),
            "digest": (embeddings.get("digest") or "")[:16],
            **_origin(embeddings.get("metadata") or {}),
            "protocol": (run.record.get("protocol") or {}).get("identity"),
            "split": _rule(run.record),
            "labels": ", ".join(
                str(one.get("file")) for one in (run.record.get("labels") or {}).get("files", ())
            ),
            "started": (run.record.get("costs") or {}).get("started"),
            "seconds": (run.record.get("costs") or {}).get("seconds"),
            "software": ", ".join(
                f"{one.get('distribution')} {one.get('version')}"
                for one in (run.record.get("software") or {}).get("distributions", ())
            ),
        },
        "product": embeddings.get("product"),
    }


def _characters(errors_of_task: Mapping[str, Any]) -> int:
    """Return the size of the plots of one method on one task."""
    on_map = errors_of_task["map"]
    figures = [one["figure"] for one in errors_of_task["figures"]]
    return sum(map(len, figures)) + (0 if on_map is None else len(on_map.figure))


def _origin(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return where embeddings come from, as they record it."""
    origin: dict[str, Any] = {"fit": metadata.get("fit")}
    for part in ("encoder", "dataset", "reducer"):
        made_by = metadata.get(part)
        if isinstance(made_by, Mapping):
            origin["data set" if part == "dataset" else part] = (
                f"{made_by.get('component')} ({made_by.get('distribution')} "
                f"{made_by.get('version')})"
            )
    if metadata.get("params"):
        origin["parameters"] = ", ".join(f"{k}={v}" for k, v in metadata["params"].items())
    return origin


def _rule(record: Mapping[str, Any]) -> Any:
    split = (record.get("parameters") or {}).get("split")
    return split.get("rule") if isinstance(split, Mapping) else split


def _scores(task: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of the table of scores."""
    primary = first_metric(task)
    return {
        "name": task.get("task"),
        "metric": task.get("metric"),
        "score": task.get("score"),
        "low": primary.get("low"),
        "high": primary.get("high"),
        "chance": primary.get("chance"),
        "n": task.get("n"),
        "unit": task.get("unit") or "",
        "others": [
            (metric["metric"], metric.get("score"))
            for metric in list(task.get("metrics") or ())[1:]
        ],
        "outputs": [
            (output["name"], output.get("score")) for output in list(task.get("outputs") or ())
        ],
        "notes": [
            text
            for text in (
                task.get("reason") or primary.get("interval_reason"),
                *(primary.get("remarks") or ()),
                *(task.get("warnings") or ()),
            )
            if text
        ],
    }


def _maps(run: Run, drawing: Drawing) -> Mapping[str, Any]:
    if drawing.places is None or not run.record:
        return {}
    return neucocore.error_map(run.folder, drawing.places, exact=drawing.exact)


def _errors(
    run: Run, task: Mapping[str, Any], anchor: str, drawing: Drawing, on_map: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return what the errors of a run on one task look like; None without predictions."""
    found = errors.read_predictions(run.folder, task)
    if found is None:
        return None
    key = str(task["task"])
    title = f"{run.method} on {key}, {task.get('metric')} {task['score']:.3f}, n = {found.n}"
    figures = []
    if found.problem == "regression":
        for output in range(min(found.truth.shape[1], errors.MAX_OUTPUTS)):
            named = found.outputs[output] if output < len(found.outputs) else ""
            alt = f"{title}: predicted against true values{f' of {named}' if named else ''}"
            figure = errors.predicted(found, output, alt, f"{anchor}-{output}")
            figures.append({"figure": figure, "caption": named})
    classes = found.problem in ("binary", "multiclass")
    drawn_map = None
    if key in on_map:
        wrong = "share of wrong rows" if found.problem != "regression" else "mean absolute error"
        label = f"{wrong} ({found.unit})" if found.unit else wrong
        drawn_map = maps.error_map(
            on_map[key], label, f"{run.method} on {key}: {wrong}", f"{anchor}-map"
        )
    reason = drawing.thumbnails.allowed(run.record, task)
    return {
        "task": key,
        "protocol": (run.record.get("protocol") or {}).get("identity"),
        "metric": task.get("metric"),
        "score": task["score"],
        "n": found.n,
        "repeats": len(found.ids) // found.n,
        "unit": found.unit,
        "figures": [one for one in figures if one["figure"]],
        "confusion": errors.confusion(found) if classes else None,
        "labels": errors.per_label(found) if found.problem == "multilabel" else None,
        "map": drawn_map,
        "worst": [
            {
                "case": case,
                "id": case.id if drawing.exact else "",
                "image": None if reason else drawing.thumbnails.of(run.record, case.id),
            }
            for case in errors.worst(found, WORST)
        ],
        "no_images": reason,
    }
