"""The page: figures and tables put into the templates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

import neucocore
from neuco_plugin_report import cards, curves, figures, maps
from neuco_plugin_report.methods import Drawing, anchors, method_pages
from neuco_plugin_report.results import Results, Table
from neuco_plugin_report.thumbnails import Thumbnails

MOST_TASKS = 24
"""Tasks of a table up to which they are drawn."""
MOST_METHODS = 30
"""Methods of a table up to which they are drawn."""


def render(
    results: Results,
    *,
    title: str,
    plotted: int,
    data: Path | None = None,
    places: Path | None = None,
    exact: bool = False,
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    plotted
        Methods of each table that get plots of their own, the best first.
    data
        Folder of the cubes, for thumbnails.
    places
        Table of the coordinates of ids, for maps.
    exact
        Show ids, sites and all cubes; otherwise maps have cells of several sites and no id is on
        the page.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(__package__), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    environment.filters["number"] = number
    drawing = Drawing(plotted, places, exact, Thumbnails(data, exact=exact))
    addresses = anchors(results.tables)
    return environment.get_template("page.html").render(
        title=title,
        summary=results.summary,
        problem=results.problem,
        decisions=[
            _decision(folder, found, position, exact=exact)
            for position, (folder, found) in enumerate(results.decisions)
        ],
        sweeps=[
            _sweep(folder, found, position)
            for position, (folder, found) in enumerate(results.sweeps)
        ],
        tables=[_table(table, place, addresses) for place, table in enumerate(results.tables)],
        tasks=sorted({task for table in results.tables for task in table.table.tasks}),
        methods=method_pages(results.tables, drawing),
        cards=cards.cards_of(results),
        bibtex=cards.bibtex(results),
        version=neucocore.__version__,
    )


def number(value: Any, digits: int = 3) -> str:
    """Return a number with so many decimals; a dash for None."""
    if value is None:
        return "–"  # noqa: RUF001
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("-") and not any(c in "123456789" for c in text) else text


def _decision(
    folder: str, found: Mapping[str, Any], position: int, *, exact: bool
) -> dict[str, Any]:
    name = f"decision-{position}"
    candidates = found.get("candidates") or ()
    metrics = {
        task: score.get("metric")
        for one in candidates[:1]
        for task, score in (one.get("scores") or {}).items()
    }
    drawn = []
    if found.get("sizes"):
        drawn.append({
            "caption": f"What smaller sizes of {found.get('use') or 'the best embedding'} lose, "
            "with 95 % intervals",
            "figure": curves.losses(found["sizes"], float(found.get("margin") or 0.0),
                                    str(found.get("decides")), f"{name}-sizes"),
        })  # fmt: skip
    for number_of_task, (task, of_task) in enumerate((found.get("places") or {}).items()):
        alone = _place_alone(found, task)
        figure = curves.blocks(of_task, alone, f"{task}, {metrics.get(task)}",
                               f"{name}-blocks-{number_of_task}")  # fmt: skip
        if figure:
            drawn.append({"caption": f"{task}, n = {of_task.get('n')}: how far from labelled sites",
                          "figure": figure})  # fmt: skip
    for number_of_task, (task, of_task) in enumerate((found.get("map") or {}).items()):
        sites = not isinstance(of_task, Mapping)
        if sites and not exact:
            drawn.append({"caption": f"{task}: no map; decision.json holds exact locations, which "
                          "are shown with --exact-locations only", "figure": ""})  # fmt: skip
            continue
        on_map = maps.error_map(of_task, "mean error", f"{task}: mean error",
                                f"{name}-map-{number_of_task}")  # fmt: skip
        if on_map:
            drawn.append({"caption": f"Mean error on {task}: {on_map.text}",
                          "figure": on_map.figure})  # fmt: skip
    return {
        "id": name,
        "folder": folder,
        "sentences": [sentence["text"] for sentence in found.get("sentences", ())],
        "tasks": list(metrics),
        "use": found.get("use"),
        "rows": [
            {"kind": kind, **one}
            for kind in ("candidates", "features", "baselines")
            for one in found.get(kind) or ()
            if one.get("scores")
        ],
        "figures": drawn,
    }


def _place_alone(found: Mapping[str, Any], task: str) -> float | None:
    for one in found.get("baselines") or ():
        if one.get("method") == "place":
            score = ((one.get("scores") or {}).get(task) or {}).get("score")
            return None if score is None else float(score)
    return None


def _sweep(folder: str, found: Mapping[str, Any], position: int) -> dict[str, Any]:
    rows = found.get("rows", [])
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    drawn = []
    for place, task in enumerate(tasks[:MOST_TASKS]):
        for what, draw in (("size", curves.sizes), ("number of labels", curves.labels)):
            figure = draw(rows, task, f"sweep-{position}-{what[:4]}-{place}")
            if figure:
                drawn.append({"task": task, "caption": f"{task}: score by {what}",
                              "figure": figure})  # fmt: skip
    return {
        "id": f"sweep-{position}",
        "folder": folder,
        "figures": drawn,
        "enough": [
            {**one, "undecided": ", ".join(one["undecided"]),
             "too_small": ", ".join(one["too_small"])}
            for one in (*found.get("fewest_bytes", ()), *found.get("fewest_labels", ()))
        ],
        "gains": [gain for gain in found.get("gains", []) if gain["gain"] is not None],
    }  # fmt: skip


def _table(table: Table, position: int, addresses: Mapping[str, str]) -> dict[str, Any]:
    runs, tasks = table.runs, list(table.table.tasks)
    rows = [run.row for run in runs]
    by_skill = table.table.by == "skill"
    few = 0 < len(runs) <= MOST_METHODS and len(tasks) <= MOST_TASKS
    panels = []
    for place, task in enumerate(tasks if few else ()):
        facts = table.facts(task)
        chance = figures.first_metric(facts).get("chance") if facts else None
        metric = str(facts.get("metric") or "score")
        figure = figures.scores(rows, task, metric, chance, f"scores-{position}-{place}")
        caption = f"{task}: {metric}"
        caption += f", n = {facts['n']:,}" if facts.get("n") else ""
        caption += f", chance {number(chance)}" if chance is not None else ""
        panels.append({"task": task, "caption": caption, "figure": figure or ""})
    ranked = [row for row in rows if row.rank_low is not None]
    summaries = []
    if 1 < len(ranked) <= MOST_METHODS:
        summaries.append({
            "caption": "Ranks; a line joins methods that cannot be told apart",
            "figure": figures.ranks(ranked, f"ranks-{position}"),
        })  # fmt: skip
    sized = {row.encoding.get("bytes_per_sample") for row in rows} - {None, 0}
    if len(sized) > 1 and by_skill and len(rows) <= MOST_METHODS:
        summaries.append({
            "caption": "Mean skill against size, with 95 % intervals",
            "figure": figures.sizes(rows, "mean skill", f"sizes-{position}"),
        })  # fmt: skip
    return {
        "id": f"table-{position}",
        "title": table.title,
        "protocol": str(table.table.protocol),
        "by": table.table.by,
        "tasks": tasks,
        "drawn": few,
        "rows": [
            {
                "address": addresses[run.method],
                "row": run.row,
                "fit": run.row.encoding.get("fit"),
                "dimension": run.row.encoding.get("dimension"),
                "bytes": run.row.encoding.get("bytes_per_sample"),
            }
            for run in runs
        ],
        "left_out": table.table.left_out,
        "notes": table.table.notes,
        "summaries": summaries,
        "panels": panels,
    }
