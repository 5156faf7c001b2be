"""Leaderboards for other programs: a long CSV, BibTeX, and model-index of the Hugging Face hub."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from neucocore.components.bibtex import run_bibtex
from neucocore.results.leaderboard import Table
from neucocore.results.reading import RunRecord

LONG_COLUMNS = (
    "phase",
    "protocol",
    "table",
    "method",
    "experiment",
    "rank",
    "task",
    "metric",
    "primary",
    "score",
    "low",
    "high",
    "chance",
    "greater_is_better",
    "unit",
    "n",
)
SOURCE = "https://github.com/neuco-bench/neuco"


def to_long_csv(tables: Sequence[Table]) -> str:
    """Return a CSV with one row per method, task and metric, at full precision.

    The first metric of a task is the primary one. For runs that record no metrics it is the only
    one, without interval.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, LONG_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for number, table in enumerate(tables, 1):
        for row in table.rows:
            for task in table.tasks:
                scored = {"metric": table.metrics.get(task, ""), "score": row.acc[task]}
                for position, metric in enumerate(row.metrics.get(task) or (scored,)):
                    writer.writerow(
                        {
                            "phase": table.phase,
                            "protocol": table.protocol,
                            "table": number,
                            "method": row.method,
                            "experiment": row.experiment,
                            "rank": row.aggregated_rank,
                            "task": task,
                            "primary": position == 0,
                            "unit": row.units.get(task, ""),
                            "n": row.n.get(task),
                            **{name: metric[name] for name in LONG_COLUMNS if name in metric},
                        }
                    )
    return text.getvalue()


def to_bibtex(tables: Sequence[Table], runs: Iterable[RunRecord]) -> str:
    """Return what the tables rest on: protocols, tasks and label sources, and products.

    Components that are not installed are left out.

    Parameters
    ----------
    runs
        The runs of the tables, which record the products.
    """
    tasks = list(dict.fromkeys(task for table in tables for task in table.tasks))
    protocols = dict.fromkeys(table.protocol.partition("+")[0] for table in tables)
    shown = {(table.phase, row.experiment) for table in tables for row in table.rows}
    products = {
        str(run.product["name"]): run.product
        for run in runs
        if (run.phase, run.experiment) in shown and run.product.get("name")
    }
    return run_bibtex(tasks, list(protocols), list(products.values())) + "\n"


def to_model_index(tables: Sequence[Table]) -> str:
    """Return ``model-index`` for the model card of each method, as YAML.

    It is put between the ``---`` lines of a card's README. A card has one model: of several methods
    copy that of the card.
    """
    results: dict[str, list[dict[str, Any]]] = {}
    for table in tables:
        for row in table.rows:
            if row.control:
                continue
            found = results.setdefault(row.method, [])
            for task in table.tasks:
                metrics = row.metrics.get(task) or (
                    {"metric": table.metrics.get(task, "score"), "score": row.acc[task]},
                )
                scored = [
                    {
                        "type": metric["metric"],
                        "value": metric["score"],
                        "name": _metric_name(metric),
                    }
                    for metric in metrics
                    if metric["score"] is not None
                ]
                if scored:
                    found.append(
                        {
                            "task": {"type": row.problems.get(task) or "other", "name": task},
                            "dataset": {
                                "type": task.partition("@")[0],
                                "name": f"{task}, {table.phase}",
                            },
                            "metrics": scored,
                            "source": {"name": f"neuco, {table.protocol}", "url": SOURCE},
                        }
                    )
    index = [{"name": method, "results": found} for method, found in results.items() if found]
    text: str = yaml.safe_dump({"model-index": index}, sort_keys=False, allow_unicode=True)
    return text


def _metric_name(metric: Any) -> str:
    low, high = metric.get("low"), metric.get("high")
    if low is None or high is None:
        return str(metric["metric"])
    return f"{metric['metric']} (95 % interval {low:.4g} to {high:.4g})"
