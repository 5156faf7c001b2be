"""The sidecar ``FILE.run.json``: what varies from run to run, such as times, machine and energy.

The file itself holds nothing that varies, so equal input gives equal bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neucocore.errors import ConfigError, DataError
from neucocore.files.atomic import write_text
from neucocore.files.outputs import check_writable, recorded

SUFFIX = ".run.json"


def sidecar_path(path: str | Path) -> Path:
    """Return the path of the sidecar of a file."""
    file = Path(path)
    return file.with_name(file.name + SUFFIX)


def write_sidecar(path: str | Path, record: Mapping[str, Any]) -> None:
    """Write the sidecar of `path`.

    Parameters
    ----------
    path
        The file that the record describes.
    record
        Plain JSON values without NaN.

    Raises
    ------
    ValueError
        A number is NaN or infinite.
    """
    text = json.dumps(record, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False)
    write_text(sidecar_path(path), text + "\n")


def read_sidecar(path: str | Path) -> dict[str, Any] | None:
    """Return the record in the sidecar of `path`, None if there is no sidecar.

    Raises
    ------
    DataError
        The sidecar is not a JSON object.
    """
    file = sidecar_path(path)
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise DataError(f"{file} is not JSON: {error}", hint=f"rm {file}") from None
    if not isinstance(record, dict):
        raise DataError(f"{file} is not a JSON object", hint=f"rm {file}")
    return record


def check_sidecar(path: str | Path, *, force: bool = False) -> None:
    """Check, before any work, that the sidecar of `path` can be written.

    Raises
    ------
    ConfigError
        It cannot be written; or without `force`: a file that is no sidecar has its name.
    """
    file = sidecar_path(path)
    check_writable(file)
    if force or not file.exists() or recorded(path) is not None:
        return
    try:
        record = read_sidecar(path) or {}
    except DataError:
        record = {}
    if not record.keys() & {"key", "what", "converted_from"}:
        raise ConfigError(
            f"{file} exists and does not describe embeddings",
            hint=f"a file of this name describes {Path(path).name}: write to another file with "
            "--output, or replace this one with --force",
        )
