"""Reads ``run.json`` of existing run folders: how a run was made, and by which key it is found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neucocore.errors import ResultsError
from neucocore.provenance.machine import file_digest
from neucocore.results.layout import RUN, SUMMARY

FORMAT = 1
"""Number of the format that is written; runs of a later format cannot be read."""


def read_provenance(folder: Path) -> dict[str, Any] | None:
    """Return the content of ``run.json``; None for runs of NeuCo-Bench, which do not have it.

    Raises
    ------
    ResultsError
        The file is not a JSON object, or has a later format.
    """
    file = folder / RUN
    hint = "evaluate again, or move the folder elsewhere"
    try:
        record = json.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ResultsError(f"{file} is not JSON: {error}", hint=hint) from None
    if not isinstance(record, dict):
        raise ResultsError(f"{file} is not a JSON object", hint=hint)
    version = record.get("format", FORMAT)
    if not isinstance(version, int) or version > FORMAT:
        raise ResultsError(
            f"{file} has format {version!r}; this version of neuco reads format {FORMAT}",
            hint="pip install --upgrade neucocore",
        )
    return record


def edited_files(folder: Path, record: Mapping[str, Any]) -> list[str]:
    """Return the files of a run that are missing or differ from what the run wrote.

    Parameters
    ----------
    record
        The content of ``run.json``.
    """
    return [
        name
        for name, digest in record.get("files", {}).items()
        if not (folder / name).is_file() or file_digest(folder / name) != digest
    ]


def find_run(output: Path, phase: str, method: str, key: str) -> Path | None:
    """Return the newest complete, unedited run of a method with this key, or None."""
    matching = []
    for file in (output / phase).glob(f"*/{SUMMARY}"):
        folder = file.parent
        try:
            record = read_provenance(folder)
        except ResultsError:
            continue
        if not record or (record.get("method"), record.get("key")) != (method, key):
            continue
        if not edited_files(folder, record):
            matching.append((record.get("costs", {}).get("started", ""), folder.name, folder))
    return max(matching)[2] if matching else None
