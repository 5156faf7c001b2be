"""Tables of what a score does not show: errors in units, accuracies per class, parts, areas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from neucocore.cli.tables import print_table
from neucocore.cli.terminal import print_data

Row = Mapping[str, Any]

SAMPLE_ACCURACY = (
    "scores of classes are sample accuracy, not map accuracy: they hold for the labelled rows; "
    "--weights COLUMN adds area-weighted figures"
)
INTERVAL = "95 % interval"
USERS, PRODUCERS = "precision (user's)", "recall (producer's)"


def has_sample_accuracy(rows: Sequence[Row]) -> bool:
    """Return whether a score of classes has no area-weighted figures next to it."""
    return any(
        row["details"].get("classes") and "area_weighted" not in row["details"] for row in rows
    )


def print_further_tables(rows: Sequence[Row], *, details: bool) -> None:
    """Print the tables of ``--weights`` and ``--per`` and, if asked for, all details.

    Parameters
    ----------
    rows
        `neucocore.results.scored_run.RunReport.rows`.
    details
        Whether to print errors per fifth of the labels and accuracies per class.
    """
    if weighted := [line for row in rows for line in _area_weighted(row)]:
        _print_titled(
            "area-weighted figures",
            weighted,
            ("task", "figure", "sample", "area-weighted", INTERVAL),
        )
    for column, parts in _parts(rows).items():
        _print_titled(
            f"scores per {column}; the models are trained on the rows of all values",
            parts,
            ("task", _heading(column), "metric", "score", INTERVAL, "n", "remark"),
        )
    if not details:
        return
    if outputs := [
        {"task": row["task"], **output, "output": output["name"], INTERVAL: _ends(output)}
        for row in rows
        for output in row.get("outputs") or ()
    ]:
        _print_titled(
            "scores of each output",
            outputs,
            ("task", "output", "metric", "score", INTERVAL, "n", "reason"),
        )
    if errors := [line for row in rows for line in _errors(row)]:
        _print_titled(
            "errors, overall and per fifth of the labels",
            errors,
            ("task", "labels", "n", "rmse", "mae", "bias", "unit"),
        )
    of_sample = [line for row in rows for line in _classes(row, row["details"])]
    of_area = [
        line for row in rows for line in _classes(row, row["details"].get("area_weighted", {}))
    ]
    for title, classes in (
        ("classes of the sample", of_sample),
        ("classes, area-weighted", of_area),
    ):
        if classes:
            _print_titled(
                title,
                classes,
                ("task", "class", "n", "predicted", "area share", USERS, PRODUCERS, "f1"),
            )


def _ends(output: Row) -> str | None:
    low, high = output.get("low"), output.get("high")
    return None if low is None or high is None else interval_text((low, high))


def _print_titled(title: str, rows: Sequence[Row], columns: Sequence[str]) -> None:
    print_data(f"\n{title}")
    used = [c for c in columns if any(row.get(c) not in (None, "") for row in rows)]
    print_table(rows, used)


def interval_text(ends: Sequence[float] | None) -> str | None:
    """Return an interval as text: ``0.712 to 0.844``, with more digits below 0.1."""
    if ends is None:
        return None
    return " to ".join(f"{end:.3f}" if abs(end) < 100 else f"{end:.5g}" for end in ends)


def _area_weighted(row: Row) -> Iterator[Row]:
    """Yield the figures of a task that have an area-weighted value, next to the sample's."""
    weighted = row["details"].get("area_weighted")
    if weighted is None:
        return
    pairs: list[tuple[str, Row, Row]] = []
    if "accuracy" in weighted:
        pairs.append((row["task"], row["details"], weighted))
        names: tuple[str, ...] = ("accuracy", "balanced_accuracy", "macro_f1")
    elif "outputs" in weighted:
        names = ("r2", "rmse", "mae", "bias")
        for sample, area in zip(row["details"]["outputs"], weighted["outputs"], strict=True):
            pairs.append((_with_output(row["task"], area["output"]), sample, area))
    else:
        names = ("precision", "recall", "f1")
        for sample, area in zip(row["details"]["classes"], weighted["classes"], strict=True):
            pairs.append((_with_output(row["task"], area["class"]), sample, area))
    for task, sample, area in pairs:
        for name in names:
            yield {
                "task": task,
                "figure": name.replace("_", "-"),
                "sample": sample[name],
                "area-weighted": area[name],
                INTERVAL: interval_text(area["intervals"].get(name)),
            }


def _parts(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the lines of ``--per`` by the name of the column."""
    tables: dict[str, list[Row]] = {}
    for row in rows:
        per = row["details"].get("per")
        if per is None:
            continue
        lines = tables.setdefault(per["column"], [])
        for part in per["values"]:
            ends = None if part["low"] is None else (part["low"], part["high"])
            lines.append(
                {
                    "task": row["task"],
                    _heading(per["column"]): part["value"],
                    "metric": per["metric"],
                    "score": part["score"],
                    INTERVAL: interval_text(ends),
                    "n": part["n"],
                    "remark": part["reason"] or part["interval_reason"],
                }
            )
        if per["without_value"]:
            remark = "rows without a value"
            lines.append({"task": row["task"], "n": per["without_value"], "remark": remark})
    return tables


def _heading(column: str) -> str:
    """Return the heading of the column of ``--per``, which is not that of another column."""
    taken = column in ("task", "metric", "score", INTERVAL, "n", "remark")
    return f"{column} (--per)" if taken else column


def _errors(row: Row) -> Iterator[Row]:
    for output in row["details"].get("outputs", ()):
        task = _with_output(row["task"], output["output"])
        for part in (output, *output["fifths"]):
            labels = "all" if part is output else f"{part['low']:.6g} to {part['high']:.6g}"
            figures = {name: part[name] for name in ("n", "rmse", "mae", "bias")}
            yield {"task": task, "labels": labels, **figures, "unit": row["unit"]}


def _classes(row: Row, details: Row) -> Iterator[Row]:
    for entry in details.get("classes", ()):
        yield {
            "task": row["task"],
            "class": entry["class"],
            "n": entry["n"],
            "predicted": f"{entry['n_predicted']:g}",
            "area share": entry.get("area_share"),
            USERS: entry["precision"],
            PRODUCERS: entry["recall"],
            "f1": entry["f1"],
        }


def _with_output(task: str, output: str) -> str:
    return f"{task}:{output}" if output else task
