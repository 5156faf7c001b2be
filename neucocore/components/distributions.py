"""Installed distributions: of several with one name, the one whose code is imported.

An installation that was interrupted, or done by two tools, can leave the metadata of an old version
in the same folder. `importlib.metadata` then returns whichever the file system lists first. Here
the files that the metadata record decide.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.metadata
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

from neucocore.errors import PluginError
from neucocore.messages import pluralize

ENTRY_POINTS = "entry_points.txt"
UNKNOWN_SHARE = 0.5
"""Stands for the share of unchanged files where the metadata do not record the files."""


@dataclass(frozen=True, slots=True)
class Unused:
    """The metadata of a distribution whose code is not imported.

    Attributes
    ----------
    name, version
        Of the metadata.
    path
        The folder of the metadata.
    used
        The version whose code is imported.
    leftover
        Whether its code was replaced in the same folder; False for a second installation in a later
        folder of the import path.
    """

    name: str
    version: str
    path: Path
    used: str
    leftover: bool


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A distribution whose entry points cannot be read."""

    name: str
    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path} ({self.reason})"

    @property
    def hint(self) -> str:
        """How to repair the distribution."""
        return f"install {self.name} again, or remove the folder {self.path.parent}"


def distribution(name: str) -> Distribution:
    """Return the installed distribution of a name whose code is imported.

    Raises
    ------
    PackageNotFoundError
        It is not installed.
    """
    key = normalised(name)
    candidates = [item for item in _distinct() if _key(item) == key]
    if not candidates:
        return importlib.metadata.distribution(name)  # raises, or knows another kind of metadata
    return code_owner(candidates)


def with_group(group: str) -> Iterator[Distribution]:
    """Yield the distributions that have entry points of a group, one per name, in path order."""
    for candidates in _of_group(group):
        owner = code_owner(candidates)
        if f"[{group}]" in _text(owner):
            yield owner


def unused(group: str) -> list[Unused]:
    """Return the metadata of distributions with entry points of a group that are not used."""
    result = []
    for candidates in _of_group(group):
        owner = code_owner(candidates)
        for item in candidates:
            if item is not owner:
                leftover = _folder(item) == _folder(owner) or _unchanged_share(item) == 0
                result.append(
                    Unused(_name(item), _version(item), _path(item), _version(owner), leftover)
                )
    return result


def incomplete() -> list[tuple[str, Path, str]]:
    """Return the plugins whose installation was removed in part: name, metadata folder, reason.

    Without ``METADATA`` they are not found, and without their code they cannot be imported.
    """
    result = []
    for item in _distinct():
        path = _path(item)
        if not _key(item).startswith("neuco") and "[neuco." not in _text(item):
            continue
        if path.is_dir() and not any((path / name).is_file() for name in ("METADATA", "PKG-INFO")):
            result.append((_key(item), path, f"{path} has no METADATA"))
        elif missing := _missing_files(item):
            count = pluralize(len(missing), "installed file")
            result.append((_name(item), path, f"{count} missing, such as {missing[0]}"))
    return result


def unreadable() -> list[Unreadable]:
    """Return the distributions, of neuco or not, whose entry points cannot be read.

    `importlib.metadata.entry_points` raises because of a single one of them, and so do packages
    that call it when they are imported.
    """
    result = []
    for item in _distinct():
        try:
            for entry in item.entry_points:
                _ = entry.group, entry.module
        except Exception as error:  # noqa: BLE001  the metadata of any distribution can be broken
            reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
            result.append(Unreadable(_name(item), _path(item) / ENTRY_POINTS, reason))
    return result


def unreadable_metadata_error(error: BaseException) -> PluginError | None:
    """Return a clear error if an exception was raised by reading unreadable entry points.

    Packages such as numba and numcodecs read those of all distributions when they are imported or
    first used, so one damaged distribution, of neuco or not, ends a command that does not need it.
    """
    trace, reads_metadata = error.__traceback__, False
    while trace is not None:
        reads_metadata |= trace.tb_frame.f_globals.get("__name__", "").startswith(
            "importlib.metadata"
        )
        trace = trace.tb_next
    damaged = unreadable() if reads_metadata else []
    if not damaged:
        return None
    return PluginError(
        f"the metadata of {pluralize(len(damaged), 'installed distribution')} are invalid, and a "
        "library that neuco uses cannot work with them",
        problems=[f"{item.name}: {item}" for item in damaged],
        hint=damaged[0].hint,
    )


def code_owner(candidates: Sequence[Distribution]) -> Distribution:
    """Return the distribution whose code is imported, of several with one name in path order."""
    if len(candidates) == 1:
        return candidates[0]
    folders: dict[Path, list[Distribution]] = {}
    for item in candidates:
        folders.setdefault(_folder(item), []).append(item)
    for items in folders.values():
        shares = {id(item): _unchanged_share(item) for item in items}
        best = max(items, key=lambda item: (shares[id(item)], _order(_version(item))))
        if shares[id(best)]:
            return best
    return candidates[0]


def normalised(name: str) -> str:
    """Return a name in the form in which equal names are equal (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _of_group(group: str) -> Iterator[list[Distribution]]:
    """Yield all distributions of each name of which at least one has entry points of a group."""
    by_name: dict[str, list[Distribution]] = {}
    names: dict[str, None] = {}
    for item in _distinct():
        by_name.setdefault(_key(item), []).append(item)
        if f"[{group}]" in _text(item):
            names[_key(item)] = None
    for name in names:
        yield by_name[name]


def _distinct() -> Iterator[Distribution]:
    """Yield every distribution once, also if its folder is on the import path twice."""
    seen = set()
    for item in importlib.metadata.distributions():
        path = str(_path(item))
        if path not in seen:
            seen.add(path)
            yield item


def _path(item: Distribution) -> Path:
    """Return the folder (or file) of the metadata, which importlib.metadata keeps private."""
    path: Any = getattr(item, "_path", None)
    return Path(str(path)) if path is not None else Path(str(item.locate_file("")))


def _folder(item: Distribution) -> Path:
    return _path(item).parent


def _key(item: Distribution) -> str:
    """Return the name from the folder of the metadata: reading the metadata takes far longer."""
    return normalised(_path(item).name.partition("-")[0].removesuffix(".egg"))


def _name(item: Distribution) -> str:
    try:
        return str(item.metadata["Name"] or _key(item))
    except Exception:  # noqa: BLE001  the metadata of any distribution can be broken
        return _key(item)


def _version(item: Distribution) -> str:
    try:
        return str(item.version)
    except Exception:  # noqa: BLE001
        return ""


def _text(item: Distribution) -> str:
    try:
        return item.read_text(ENTRY_POINTS) or ""
    except Exception:  # noqa: BLE001
        return ""


def _unchanged_share(item: Distribution) -> float:
    """Return the share of the recorded files that exist with their recorded content."""
    try:
        rows = list(csv.reader((item.read_text("RECORD") or "").splitlines()))
    except Exception:  # noqa: BLE001
        rows = []
    same = count = 0
    for row in rows:
        if len(row) < 2 or not row[1].startswith("sha256=") or ".dist-info/" in row[0]:
            continue
        count += 1
        same += _sha256(Path(str(item.locate_file(row[0])))) == row[1].removeprefix("sha256=")
    return same / count if count else UNKNOWN_SHARE


def _missing_files(item: Distribution) -> list[str]:
    """Return the Python files of ``RECORD`` that do not exist."""
    try:
        rows = list(csv.reader((item.read_text("RECORD") or "").splitlines()))
    except Exception:  # noqa: BLE001
        return []
    files = [row[0] for row in rows if row and row[0].endswith(".py")]
    return [file for file in files if not Path(str(item.locate_file(file))).is_file()]


def _sha256(file: Path) -> str:
    """Return the digest of a file as RECORD writes it; empty if it cannot be read."""
    try:
        digest = hashlib.sha256(file.read_bytes()).digest()
    except OSError:
        return ""
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _order(version: str) -> Any:
    """Return a key that sorts versions; those that are not valid come first."""
    # Imported here because several versions of one distribution are rare.
    from packaging.version import InvalidVersion, Version

    try:
        return (1, Version(version))
    except InvalidVersion:
        return (0, Version("0"))
