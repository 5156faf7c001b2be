"""Where runs lie: ``<output>/<phase>/<method>_<UTC time>/``, and which names may be used."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from neucocore.errors import ConfigError

SUMMARY = "results_summary.json"
RUN = "run.json"
SCORES = "scores.jsonl"
LEADERBOARDS = "leaderboards"
EMBEDDINGS = "embeddings"

TIME_FORMAT = "%Y%m%d_%H%M%S"
LONGEST_NAME = 180
"""Bytes; most file systems allow 255, of which time and temporary names need some."""

_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))]
)
_TAKEN_PHASES = frozenset({LEADERBOARDS, EMBEDDINGS})


def check_name(name: str, what: str) -> str:
    """Return `name` when a folder may be called so on every system.

    Parameters
    ----------
    what
        ``method``, ``phase`` or ``task``, for the message.

    Raises
    ------
    ConfigError
        It is empty, too long, hidden, reserved, or leads elsewhere.
    """
    reason = _unusable(name) or (
        what == "phase" and name in _TAKEN_PHASES and "it is the name of another folder there"
    )
    if reason:
        shown = name if len(name) <= 60 else f"{name[:57]}..."
        raise ConfigError(
            f"a {what} cannot be named {shown!r}: {reason}",
            hint=f"use letters, digits, '-', '_', '=' and '.' for the {what}",
        )
    return name


def check_output(output: Path) -> None:
    """Refuse an output folder whose name, or that of a folder above it, a file has.

    Raises
    ------
    ConfigError
        It can be neither used nor made.
    """
    for path in (output, *output.parents):
        if path.is_dir():
            return
        if path.exists():
            raise ConfigError(
                f"--output {output}: {path} is a file"
                if path != output
                else f"--output {output} is a file",
                hint="name a folder; it is made if need be",
            )


def new_run_folder(output: Path, phase: str, method: str, now: datetime | None = None) -> Path:
    """Make the folder of a new run, one that nobody else has.

    A second run in the same second gets ``_2`` at its end.

    Raises
    ------
    ConfigError
        `phase` or `method` cannot be a folder's name.
    """
    parent = output / check_name(phase, "phase")
    parent.mkdir(parents=True, exist_ok=True)
    stamp = (now or datetime.now(UTC)).astimezone(UTC).strftime(TIME_FORMAT)
    base = f"{check_name(method, 'method')}_{stamp}"
    for number in count(1):
        folder = parent / (base if number == 1 else f"{base}_{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise AssertionError("unreachable: there is always a next number")


def _unusable(name: str) -> str:
    if not name.strip() or name != name.strip():
        return "it is empty or has blanks at an end"
    if any(char in '/\\<>:"|?*' or not char.isprintable() for char in name):
        return "it holds a character that paths cannot hold everywhere"
    if name.startswith((".", "-")) or name.endswith("."):
        return "it starts with '.' or '-', or ends with '.'"
    if name.partition(".")[0].lower() in _RESERVED:
        return "some systems reserve it"
    if (size := len(name.encode())) > LONGEST_NAME:
        return f"it has {size} bytes, {LONGEST_NAME} are allowed"
    return ""
