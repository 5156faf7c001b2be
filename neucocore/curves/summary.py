"""Curves of score against size and number of labels: points, what is enough, and files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from neucocore.curves.enough import Enough, Swept, fewest_bytes, fewest_labels
from neucocore.curves.gains import Curve, curves_of, gain
from neucocore.curves.options import SweepOptions
from neucocore.curves.sizes import FAMILIES, FULL_BITS, PREFIX, QUANTISERS, ROTATION, Size, grid
from neucocore.curves.sweep import (
    Report,
    halved,
    prepare_embedding,
    silent,
    sized_runs,
)
from neucocore.errors import ConfigError
from neucocore.files.atomic import write_text
from neucocore.files.html import html_table
from neucocore.messages import pluralize
from neucocore.results.compare import compare_overall, compare_task
from neucocore.results.reading import RunRecord
from neucocore.results.skill import MEAN_SKILL, primary_metric
from neucocore.statistics.comparison import Comparison

SWEEP, TABLE, PICTURE = "sweep.json", "sweep.csv", "sweep.png"
FORMAT = 1
AUTO = "auto"
COLUMNS = (
    "embedding", "task", "metric", "family", "dimension", "bits", "bytes", "coded_bytes",
    "side_bytes", "ratio", "bits_per_pixel_band", "training_rows", "score", "low", "high", "loss",
    "loss_low", "loss_high",
)  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class SweepResult:
    """Curves of one or more embeddings.

    Attributes
    ----------
    rows
        One per embedding, size or number of training rows, and task; keys as `COLUMNS`.
    """

    swept: tuple[Swept, ...]
    rows: tuple[dict[str, Any], ...]
    sizes: tuple[Enough, ...]
    labels: tuple[Enough, ...]
    order: tuple[dict[str, Any], ...]
    gains: tuple[dict[str, Any], ...]

    def __repr__(self) -> str:
        """Return the number of rows."""
        return f"<SweepResult: {pluralize(len(self.rows), 'row')}>"

    def _repr_html_(self) -> str:
        """Return the rows as a table, for notebooks."""
        columns = ("embedding", "task", "family", "dimension", "bits", "bytes", "score", "loss")
        return html_table("score at each size", columns, self.rows)


def sweep(options: SweepOptions, *, warn: Report = silent, step: Report = silent) -> SweepResult:
    """Score embeddings at several sizes, and write ``sweep.json`` and ``sweep.csv``.

    Parameters
    ----------
    warn
        Called with what was noticed about the files.
    step
        Called with what is scored next.

    Raises
    ------
    ConfigError
        Options that cannot be used.
    DataError
        Files that cannot be used.
    """
    if not options.embeddings:
        raise ConfigError(
            "no embeddings file is named", hint="neuco sweep EMBEDDINGS --labels TABLE -o DIR"
        )
    if not options.margin > 0:
        raise ConfigError(
            f"the margin must be above 0, found {options.margin:g}", hint="for example 0.02"
        )
    swept = tuple(_swept(path, options, warn, step) for path in options.embeddings)
    rows = [row for one in swept for row in _rows(one, options)]
    result = SweepResult(
        swept,
        tuple(rows),
        tuple(found for one in swept for found in fewest_bytes(one, options.margin)),
        tuple(found for one in swept for found in fewest_labels(one, options.margin)),
        tuple(found for one in swept for found in _order_of_dimensions(one)),
        tuple(_gains(swept)),
    )
    output = Path(options.output)
    write_text(output / SWEEP, json.dumps(record(result), indent=1, allow_nan=False) + "\n")
    write_text(output / TABLE, _csv(rows))
    return result


def _swept(path: str, options: SweepOptions, warn: Report, step: Report) -> Swept:
    embedding = prepare_embedding(options, path, places="off")
    for text in embedding.prepared.warnings:
        warn(text)
    columns = embedding.dimension
    sizes = grid(
        options.families or FAMILIES,
        _numbers(options.dims, "--dims") or halved(columns),
        _numbers(options.bits, "--bits") or [FULL_BITS, *QUANTISERS],
        columns,
    )
    train_sizes = options.train_sizes
    training = (
        embedding.training_sizes()
        if train_sizes == (AUTO,)
        else sorted(set(_numbers(train_sizes, "--train-sizes")))
    )
    smallest = embedding.smallest_training_size
    if training and training[0] < smallest:
        raise ConfigError(
            f"--train-sizes {training[0]}: at least {smallest} training rows are needed (30, and 5 "
            "per class)",
            hint="--train-sizes auto",
        )
    largest = embedding.largest_training_part
    if training and training[-1] >= largest:
        raise ConfigError(
            f"--train-sizes {training[-1]}: each split has at most {largest} training rows",
            hint="--train-sizes auto",
        )
    if not sizes and not training:
        raise ConfigError(
            "the only size is the embedding itself", hint="for example --dims 64,16 --bits 32,8"
        )
    step(embedding.method)
    complete = embedding.score()[1]
    runs = sized_runs(embedding, sizes, step)
    trained = []
    for count in training:
        step(f"{embedding.method} with {count} training rows")
        trained.append(embedding.with_training_rows(count))
    return Swept(embedding, complete, tuple(runs), tuple(trained))


def _numbers(texts: Sequence[str], option: str) -> list[int]:
    problems = [text for text in texts if not (text.isascii() and text.isdigit() and int(text))]
    if problems:
        raise ConfigError(
            f"{option}: not a positive integer: {', '.join(problems)}", hint=f"{option} 64,16"
        )
    return [int(text) for text in texts]


def _rows(swept: Swept, options: SweepOptions) -> list[dict[str, Any]]:
    columns = swept.embedding.dimension
    full = Size(PREFIX, columns)
    entries: list[tuple[Size, int | None, RunRecord]] = [(full, None, swept.complete)]
    entries += [(one.size, None, one.run) for one in swept.sizes]
    entries += [(full, one.rows, one.run) for one in swept.trained]
    cube = _numbers(options.cube, "--cube")
    if cube and len(cube) != 4:
        raise ConfigError(
            f"--cube has {len(cube)} numbers",
            hint="bands over all dates, rows, columns and bits: --cube 108,264,264,16",
        )
    rows = []
    for (size, training, run), task in product(entries, swept.tasks):
        metric = primary_metric(run, task)
        loss = swept.loss(run, task) if run is not swept.complete else Comparison(0.0)
        counts = run.tasks[task].details.get("counts") or {}
        coded = counts.get("coded_bytes_per_row")
        smallest = size.bytes_per_row if coded is None else coded
        native = cube[0] * cube[1] * cube[2] * cube[3] / 8 if cube else None
        values = (
            swept.method,
            task,
            metric.get("metric"),
            "complete" if run is swept.complete or training else size.family,
            size.dimension,
            size.bits,
            size.bytes_per_row,
            coded,
            counts.get("side_bytes"),
            None if native is None else native / size.bytes_per_row,
            None if native is None else 8 * smallest / (cube[0] * cube[1] * cube[2]),
            training,
            metric.get("score"),
            metric.get("low"),
            metric.get("high"),
            loss.difference,
            loss.low,
            loss.high,
        )
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows


def _order_of_dimensions(swept: Swept) -> list[dict[str, Any]]:
    """Compare the first dimensions with as many randomly rotated ones: does their order matter."""
    runs = {one.size: one.run for one in swept.sizes}
    found = []
    for size, run in runs.items():
        other = runs.get(Size(ROTATION, size.dimension, size.bits))
        if size.family != PREFIX or size.bits != FULL_BITS or other is None:
            continue
        for target in swept.targets:
            difference = (
                compare_overall(run, other, swept.tasks)
                if target == MEAN_SKILL
                else compare_task(run, other, target).comparison
            )
            found.append(
                {
                    "embedding": swept.method,
                    "target": target,
                    "dimension": size.dimension,
                    "difference": difference.difference,
                    "low": difference.low,
                    "high": difference.high,
                    "reason": difference.reason,
                }
            )
    return found


def _gains(swept: Sequence[Swept]) -> list[dict[str, Any]]:
    first, *others = swept
    gains = []
    for other in others:
        tasks = [task for task in first.tasks if task in other.tasks]
        mine: dict[str, Curve] = {c.name: c for c in curves_of(first.method, first.sizes)}
        gains += [
            gain(mine[curve.name], curve, tasks)
            for curve in curves_of(other.method, other.sizes)
            if curve.name in mine and tasks
        ]
    return gains


def gain_text(found: dict[str, Any]) -> str:
    """Return one sentence about a gain."""
    name = f"{found['second']} against {found['first']} ({found['family']}, {found['bits']} bits)"
    if found["gain"] is None:
        return f"{name}: no mean gain, {found['gain_reason']}"
    sure = (
        f" ({found['gain_low']:.3f} to {found['gain_high']:.3f})"
        if found["gain_low"] is not None
        else ""
    )
    text = f"{name}: {found['gain']:+.3f}{sure} mean skill at equal bytes"
    saving = found["rate_saving"]
    if saving is not None and found["rate_saving_low"] is not None:
        text += (
            f"; {100 * saving:+.0f} % bytes at equal skill ({100 * found['rate_saving_low']:+.0f} "
            f"to {100 * found['rate_saving_high']:+.0f} %)"
        )
    return text


def record(result: SweepResult) -> dict[str, Any]:
    """Return ``sweep.json`` as plain JSON values."""
    return {
        "format": FORMAT,
        "rows": list(result.rows),
        "fewest_bytes": [one.record() for one in result.sizes],
        "fewest_labels": [one.record() for one in result.labels],
        "order_of_dimensions": list(result.order),
        "gains": list(result.gains),
        "left_out": [
            {"embedding": swept.method, "task": task, "reason": reason}
            for swept in result.swept
            for task, reason in swept.left_out
        ],
    }


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
