"""The options of ``neuco run``, for the command line and Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from neucocore.options import Option, StrPath


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Which run file, and what takes precedence over it."""

    file: Annotated[StrPath, Option("Run file (YAML).", argument=True)] = field(kw_only=False)
    output: Annotated[
        StrPath | None,
        Option(
            "Folder for embeddings and results; by default the run file's.",
            flags=("-o", "--output"),
            metavar="DIR",
        ),
    ] = None
    jobs: Annotated[
        int | None,
        Option("Number of worker processes and threads; by default the run file's.", minimum=1),
    ] = None
    force: Annotated[bool, Option("Encode and score everything again.")] = False
