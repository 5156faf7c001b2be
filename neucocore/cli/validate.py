"""``neuco validate``: every problem of an embeddings file at once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from neucocore.cli.terminal import put, put_json, say
from neucocore.messages import pluralize


class BadNumbers(StrEnum):
    """What cells that are no finite number mean."""

    error = "error"
    zero = "zero"


def validate(
    embeddings: Annotated[Path, typer.Argument(help="Embeddings file, or a folder of parts.")],
    labels: Annotated[
        Path | None, typer.Option(help="Folder of label files whose samples need an embedding.")
    ] = None,
    ids: Annotated[Path | None, typer.Option(help="File with the ids that need one.")] = None,
    where: Annotated[
        str | None, typer.Option(help="Only samples with this label column true.")
    ] = None,
    dimension: Annotated[int | None, typer.Option(min=1, help="The most dimensions.")] = None,
    nan: Annotated[
        BadNumbers, typer.Option(help="What NaN, infinite, empty and text cells mean.")
    ] = BadNumbers.error,
    json: Annotated[bool, typer.Option("--json", help="As a list of objects.")] = False,
) -> None:
    """Check an embeddings file, and whether it covers the samples that have labels."""
    from neucocore.data.embeddings.validation import validate_embeddings
    from neucocore.errors import ConfigError, DataError

    if labels is not None and ids is not None:
        raise ConfigError("--labels and --ids exclude each other", hint="give one of them")
    if where is not None and labels is None:
        raise ConfigError("--where names a column of label files", hint="add --labels DIR")
    found = validate_embeddings(
        embeddings, labels=labels, ids=ids, subset=where, nan=nan.value, limit=dimension
    )
    if json:
        put_json([finding.as_json() for finding in found.findings])
    else:
        for finding in found.findings:
            put(f"{finding.level}: {finding}")
    if found.problems:
        count = pluralize(len(found.problems), "problem")
        raise DataError(f"{embeddings} cannot be used: {count}", hint=found.hint)
    rows = pluralize(found.rows or 0, "embedding")
    say(f"{embeddings} can be used: {rows} of {pluralize(found.dimension or 0, 'dimension')}")
