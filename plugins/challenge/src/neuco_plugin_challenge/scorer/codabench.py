"""Codabench's entry point."""

from __future__ import annotations

import json
import os
import sys

from .reference import FILE_NAMES, read_reference
from .results import score_submission
from .submission import Refused


def main(arguments):
    """Score ``INPUT/res`` with ``INPUT/ref`` and write ``OUTPUT/scores.json``; return exit code."""
    if len(arguments) != 2:
        print("usage: scoring.py INPUT OUTPUT", file=sys.stderr)
        return 2
    source, output = arguments
    try:
        reference = read_reference(os.path.join(source, "ref"))
        scored = score_submission(reference, os.path.join(source, "res"))
    except Refused as error:
        print(error, file=sys.stderr)
        return 1
    except Exception:
        print("the submission could not be scored; ask the organisers", file=sys.stderr)
        return 1
    os.makedirs(output, exist_ok=True)
    with open(os.path.join(output, "scores.json"), "w", encoding="utf-8") as file:
        json.dump({**scored.public, **scored.host}, file, allow_nan=False, sort_keys=True)
    for note in scored.notes:
        print(note)
    return 0


__all__ = ["FILE_NAMES", "main"]
