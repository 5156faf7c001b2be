"""Where runs are stored, ``<output>/<phase>/<method>_<UTC time>/``, and which names are allowed."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from neucocore.errors import ConfigError
from neucocore.files.outputs import check_output_folder

SUMMARY = "results_summary.json"
RUN = "run.json"
SCORES = "scores.jsonl"
INFLUENCE = "influence.npz"
PREDICTIONS = "predictions.npz"
LEADERBOARDS = "leaderboards"
EMBEDDINGS = "embeddings"

TIME_FORMAT = "%Y%m%d_%H%M%S"
MAX_NAME_BYTES = 180
"""Most file systems allow 255 bytes; the time and temporary names need some of them."""

_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))]
)
_USED_FOLDERS = frozenset({LEADERBOARDS, EMBEDDINGS})


def check_name(name: str, kind: str) -> str:
    """Return `name` if it can be the name of a folder on every system.

    Parameters
    ----------
    kind
        What is named, for the message: ``method``, ``phase`` or ``task``.

    Raises
    ------
    ConfigError
        The name is empty, too long, hidden, reserved, or leads to another folder.
    """
    reason = _problem(name)
    if not reason and kind == "phase" and name in _USED_FOLDERS:
        reason = "neuco uses the folder of this name for other files"
    if reason:
        shown = name if len(name) <= 60 else f"{name[:57]}..."
        raise ConfigError(
            f"a {kind} cannot be named {shown!r}: {reason}",
            hint=f"use letters, digits, '-', '_', '=' and '.' in the name of a {kind}",
        )
    return name


def check_output(output: Path) -> None:
    """Check that an output folder can be written to, or can be created.

    Raises
    ------
    ConfigError
        The path, or a folder above it, is a file, or is not writable.
    """
    check_output_folder(output)


def new_run_folder(output: Path, phase: str, method: str, now: datetime | None = None) -> Path:
    """Create the folder of a new run and return its path.

    The name of a second run in the same second ends with ``_2``.

    Parameters
    ----------
    now
        Time in the folder's name; the current time by default.

    Raises
    ------
    ConfigError
        `phase` or `method` cannot be the name of a folder.
    """
    parent = output / check_name(phase, "phase")
    parent.mkdir(parents=True, exist_ok=True)
    stamp = (now or datetime.now(UTC)).astimezone(UTC).strftime(TIME_FORMAT)
    name = f"{check_name(method, 'method')}_{stamp}"
    for number in count(1):
        folder = parent / (name if number == 1 else f"{name}_{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise AssertionError("unreachable: count() never ends")


def _problem(name: str) -> str:
    """Return why a name cannot be used; empty if it can."""
    if not name.strip() or name != name.strip():
        return "it is empty, or starts or ends with a space"
    if any(char in '/\\<>:"|?*' or not char.isprintable() for char in name):
        return "it contains a character that file names cannot contain on every system"
    if name.startswith((".", "-")) or name.endswith("."):
        return "it starts with '.' or '-', or ends with '.'"
    if name.partition(".")[0].lower() in _RESERVED:
        return "the name is reserved on some systems"
    if (size := len(name.encode())) > MAX_NAME_BYTES:
        return f"it has {size} bytes; at most {MAX_NAME_BYTES} are allowed"
    return ""
