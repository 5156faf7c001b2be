"""``neuco encode``: cubes to one embeddings file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from neucocore.cli.plugin_failures import report_failed_plugins
from neucocore.cli.terminal import log, print_json, progress, warn
from neucocore.encoding.options import EncodeOptions
from neucocore.messages import pluralize

if TYPE_CHECKING:
    from neucocore.encoding.report import EncodeReport
    from neucocore.encoding.request import EncodeRequest


def encode(
    options: EncodeOptions,
    json: Annotated[
        bool, typer.Option("--json", help="Print a list with one object about the file.")
    ] = False,
) -> None:
    """Encode the cubes of a data set into one embeddings file; run again, it continues."""
    report_failed_plugins()
    report = run(options)
    if json:
        print_json([_record(report)])


def _record(report: EncodeReport) -> dict[str, Any]:
    return {
        "file": str(report.path),
        "rows": report.rows,
        "columns": report.columns,
        "fit": report.fit,
        "up_to_date": report.up_to_date,
        "resumed": report.resumed,
        "failures": [{"id": sample, "reason": reason} for sample, reason in report.failures],
        "warnings": [{"what": text, "cubes": count} for text, count in report.warnings],
        "costs": report.costs,
    }


def run(options: EncodeOptions) -> EncodeReport:
    """Encode with progress on the terminal, and print how it ended."""
    from neucocore.encoding.plan import plan
    from neucocore.encoding.run import encode as run_encode
    from neucocore.files.atomic import errors_about

    request = plan(options)
    with progress(f"encode {request.encoder.name}") as advance, errors_about(request.output):
        report = run_encode(
            request, progress=lambda done, of, bad: advance(done, of, f"{bad} bad" if bad else "")
        )
    _log_report(report, request)
    return report


def _log_report(report: EncodeReport, request: EncodeRequest) -> None:
    shard = request.execution.shard
    if report.failures:
        examples = ", ".join(sample for sample, _ in report.failures[:3])
        warn(f"{pluralize(len(report.failures), 'cube')} could not be read: {examples}")
    for text, count in report.warnings:
        warn(f"{text} ({count} of {report.rows} cubes)")
    if report.up_to_date:
        log(
            f"{report.path}: up to date, {report.rows} x {report.columns}, fit: {report.fit}; "
            "--force encodes it again"
        )
    elif shard is not None:
        log(f"shard {shard[0]} of {shard[1]} is done; run with --merge when all shards are done")
    else:
        resumed = f", {report.resumed} cubes from an earlier run" if report.resumed else ""
        seconds = report.costs.get("wall_seconds", 0.0)
        size = f"{report.rows} x {report.columns}, fit: {report.fit},"
        log(f"{report.path}: {size} in {seconds:.1f} s{resumed}")
