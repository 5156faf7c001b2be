"""``neuco sweep``: what a byte, or a label, buys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neucocore.cli.plugin_failures import report_failed_plugins
from neucocore.cli.tables import print_table
from neucocore.cli.terminal import log, print_data, print_json, reminders, settings, warn
from neucocore.curves.options import SweepOptions

if TYPE_CHECKING:
    from neucocore.curves.enough import Enough, Swept
    from neucocore.curves.summary import SweepResult


def sweep(
    options: SweepOptions,
    json: Annotated[
        bool, typer.Option("--json", help="Print the curves as they are in sweep.json.")
    ] = False,
) -> None:
    """Score embeddings at several sizes, and with fewer labels: what a byte buys."""
    from neucocore.curves import summary
    from neucocore.files.image_file import require_matplotlib

    report_failed_plugins()
    if options.plots:
        require_matplotlib()
    with reminders("sweep"):
        result = summary.sweep(options, warn=warn, step=lambda text: log(f"score {text}"))
    if json:
        print_json(summary.record(result))
    else:
        _print(result, options.margin)
    for text in _left_out(result):
        log(f"note: {text}")
    output = Path(options.output)
    files = [output / summary.SWEEP, output / summary.TABLE]
    if options.plots:
        from neucocore.curves.plot import draw

        files.append(draw(result, output / summary.PICTURE))
    log(", ".join(map(str, files)))


def _left_out(result: SweepResult) -> list[str]:
    """Return which tasks are not swept and why, each reason once for all embeddings."""
    texts = [f"{task} is not swept: {why}" for one in result.swept for task, why in one.left_out]
    return list(dict.fromkeys(texts))


def _print(result: SweepResult, margin: float) -> None:
    if settings.verbose:
        _print_all_sizes(result)
    enough = f"loses at most {margin:g}"
    for found, unit in ((result.sizes, "bytes"), (result.labels, "training rows")):
        if not found:
            continue
        print_table(
            [
                _smallest(swept, target, found, enough, unit)
                for swept in result.swept
                for target in swept.targets
            ],
            ["embedding", "target", enough, unit, "of", "loss", "at most"],
        )
        print_data("")
    for swept in result.swept if result.order else ():
        print_data(_order(swept, result.order))
    for text in _headlines(result.gains):
        print_data(text)


def _print_all_sizes(result: SweepResult) -> None:
    columns = ["size", "bytes", "coded", "score", "95 % interval", "loss"]
    for swept in result.swept:
        for task in swept.tasks:
            rows = [
                row
                for row in result.rows
                if (row["embedding"], row["task"]) == (swept.method, task)
            ]
            print_data(f"{swept.method}, {task} ({rows[0]['metric']})")
            print_table([_row(row) for row in rows], columns)
            print_data("")


def _smallest(
    swept: Swept, target: str, found: Sequence[Enough], column: str, unit: str
) -> dict[str, Any]:
    """Return the smallest size, or number of training rows, that is shown to be enough."""
    from neucocore.curves.enough import trained_rows

    complete = 4 * swept.embedding.dimension if unit == "bytes" else trained_rows(swept, target)
    row: dict[str, Any] = {
        "embedding": swept.method,
        "target": target,
        column: "none is shown to",
        "of": f"{complete:,}",
    }
    passed = [
        (one.amounts[index], one, index)
        for one in found
        if (one.embedding, one.target) == (swept.method, target)
        and (index := one.within.enough) is not None
    ]
    if not passed:
        return row
    amount, one, index = min(passed, key=lambda entry: entry[0])
    loss, bound = one.losses[index], one.within.bounds[index]
    return row | {
        column: one.labels[index],
        unit: f"{amount:,}",
        "loss": None if loss.difference is None else f"{loss.difference:.3f}",
        "at most": None if bound is None else f"{bound:.3f}",
    }


def _order(swept: Swept, order: Sequence[Mapping[str, Any]]) -> str:
    """Return whether the order of the dimensions carries meaning, where that is clearest."""
    found = [
        one
        for one in order
        if (one["embedding"], one["target"]) == (swept.method, swept.targets[-1])
        and one["low"] is not None
    ]
    if not found:
        return f"{swept.method}: whether the order of the dimensions matters cannot be tested"
    one = max(found, key=lambda entry: abs(entry["difference"]))
    told = one["low"] > 0 or one["high"] < 0
    return (
        f"{swept.method}: the order of the dimensions {'matters' if told else 'hardly matters'}: "
        f"the first {one['dimension']} score {one['difference']:+.3f} ({one['low']:.3f} to "
        f"{one['high']:.3f}) against as many after a random rotation"
    )


def _headlines(gains: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield one sentence per embedding: principal components of 8 bits, or what is nearest."""
    from neucocore.curves.summary import gain_text

    for name in dict.fromkeys(found["second"] for found in gains):
        of_name = [found for found in gains if found["second"] == name]
        yield gain_text(
            min(
                of_name, key=lambda f: (f["gain"] is None, f["family"] != "pca", abs(f["bits"] - 8))
            )
        )


def _distance_from_headline(found: Mapping[str, Any]) -> tuple[bool, bool, int]:
    return found["gain"] is None, found["family"] != "pca", abs(found["bits"] - 8)


def _row(row: dict[str, Any]) -> dict[str, Any]:
    size = f"{row['family']} {row['dimension']} x {row['bits']} bit"
    if row["training_rows"]:
        size = f"{row['training_rows']} training rows"
    interval = None if row["low"] is None else f"{row['low']:.3f} to {row['high']:.3f}"
    loss = None
    if row["loss_low"] is not None:
        loss = f"{row['loss']:.3f} ({row['loss_low']:.3f} to {row['loss_high']:.3f})"
    return {
        "size": size,
        "bytes": f"{row['bytes']:,}",
        "coded": None if row["coded_bytes"] is None else f"{row['coded_bytes']:,.1f}",
        "score": f"{row['score']:.3f}",
        "95 % interval": interval,
        "loss": loss,
    }
