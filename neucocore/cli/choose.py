"""``neuco choose``: which embedding for a job, how small, and how sure that is."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neucocore.choice.options import ChooseOptions
from neucocore.cli.plugin_commands import call_if_installed
from neucocore.cli.plugin_failures import report_failed_plugins
from neucocore.cli.tables import DEFAULT_WIDTH, print_table, terminal_width
from neucocore.cli.terminal import log, print_data, print_json, reminders, warn
from neucocore.errors import NeucoError

if TYPE_CHECKING:
    from neucocore.choice.result import Choice

PAGE = "decision.html"


def choose(
    options: ChooseOptions,
    json: Annotated[
        bool, typer.Option("--json", help="Print the decision as it is in decision.json.")
    ] = False,
) -> None:
    """Choose between embeddings for one table of labels: which, how small, and how sure."""
    from neucocore.choice import choose as module
    from neucocore.choice.files import DECISION, SUMMARY, record

    report_failed_plugins()
    with reminders("choose"):
        result = module.choose(options, warn=warn, step=lambda text: log(f"score {text}"))
    if json:
        print_json(record(result))
    else:
        _print(result)
    for task, reason in result.left_out:
        log(f"note: {task} does not count: {reason}")
    output = Path(options.output)
    log(f"{output / SUMMARY}, {output / DECISION}")
    try:  # the page, if the plugin is installed; the decision is made without it
        exact = ["--exact-locations"] if options.exact_locations else []
        call_if_installed("report", str(output), "-o", str(output / PAGE), "--force", *exact)
    except NeucoError as error:
        warn(f"{output / PAGE} is not written: {error.message}")


def _print(result: Choice) -> None:
    width = terminal_width() or DEFAULT_WIDTH
    for sentence in result.sentences:
        print_data(textwrap.fill(sentence.text, width, initial_indent="- ", subsequent_indent="  "))
    print_data("")
    everything = (*result.candidates, *result.features, *result.baselines)
    rows: list[dict[str, Any]] = []
    for one in everything:
        score, sure = result.table.score(one.run, result.table.decides)
        rows.append(
            {
                "embedding": one.run.method,
                result.table.metric: None if score is None else f"{score:.3f}",
                "95 % interval": None if sure.low is None else f"{sure.low:.3f} to {sure.high:.3f}",
                "dimension": one.embedding.dimension if one.path else None,
                "bytes": f"{one.bytes_per_row:,.0f}" if one.path else None,
            }
        )
    print_table(rows, ["embedding", result.table.metric, "95 % interval", "dimension", "bytes"])
