"""Whether the plugins in ``registry.yaml`` are what it says: by their wheels, or by trying them."""

from __future__ import annotations

import configparser
import email.parser
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neucocore.components.catalogue import Entry
from neucocore.components.entry_points import COMMANDS, PLUGINS
from neucocore.components.specs import KINDS
from neucocore.errors import ConfigError, MissingFileError, NeucoError
from neucocore.files.yaml_document import Document
from neucocore.registry.environment import Environment


class _EntryPoints(configparser.ConfigParser):
    """The format of ``entry_points.txt``."""

    def optionxform(self, optionstr: str) -> str:
        """Keep the case of names."""
        return optionstr


@dataclass(frozen=True, slots=True)
class Wheel:
    """What a wheel says of itself, read from its zip; nothing of it is imported."""

    file: Path
    name: str
    license: str
    requires: tuple[str, ...]
    entry_points: dict[str, dict[str, str]]
    members: frozenset[str]


def read_wheel(file: Path) -> Wheel:
    """Read a wheel's metadata; `ConfigError` if it is none."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = frozenset(archive.namelist())
            (folder,) = {name.split("/")[0] for name in members if ".dist-info/" in name}
            text = archive.read(f"{folder}/METADATA").decode()
            declared = f"{folder}/entry_points.txt"
            points = archive.read(declared).decode() if declared in members else ""
        parser = _EntryPoints(delimiters=("=",), interpolation=None)
        parser.read_string(points, source=declared)
    except (zipfile.BadZipFile, KeyError, ValueError, configparser.Error) as error:
        said = " ".join(str(error).split())
        raise ConfigError(f"{file} is not a wheel: {said}") from error
    metadata = email.parser.Parser().parsestr(text)
    return Wheel(
        file=file,
        name=metadata["Name"],
        license=metadata["License-Expression"] or metadata["License"] or "",
        requires=tuple(metadata.get_all("Requires-Dist") or ()),
        entry_points={group: dict(parser[group]) for group in parser.sections()},
        members=members,
    )


def check_built(document: Document, known: Sequence[Entry], folder: Path) -> list[str]:
    """Compare every entry with its wheel in a folder.

    Returns
    -------
    list of str
        What differs, each with file, line and how to mend it.

    Raises
    ------
    MissingFileError
        There is no such folder.
    """
    if not folder.is_dir():
        raise MissingFileError(
            f"there is no folder {folder}", hint="name the folder of the wheels: --built dist"
        )
    problems: list[str] = []
    for index, entry in enumerate(known):
        at = _place(document, index)
        wheels = sorted(folder.glob(f"{entry.distribution.replace('-', '_')}-[0-9]*.whl"))
        if len(wheels) == 1:
            problems += _of_wheel(entry, wheels[0], at)
        elif wheels:
            names = ", ".join(wheel.name for wheel in wheels)
            problems.append(f"{at('distribution')}: {folder} holds several wheels: {names}")
        else:
            problems.append(
                f"{at('distribution')}: no wheel of {entry.distribution} in {folder}; "
                f"uv build --wheel plugins/{entry.name} --out-dir {folder}"
            )
    return problems


def _place(document: Document, index: int) -> Callable[[str], str]:
    return lambda key: document.place("plugins", index, key)


def _of_wheel(entry: Entry, file: Path, at: Callable[[str], str]) -> list[str]:
    try:
        return list(_differences(entry, read_wheel(file), at))
    except ConfigError as error:
        return [f"{at('distribution')}: {error.message}; build it again"]


def _differences(entry: Entry, wheel: Wheel, at: Callable[[str], str]) -> Iterator[str]:
    if wheel.name != entry.distribution:
        yield f"{at('distribution')}: {wheel.file.name} is of {wheel.name!r}; mend its pyproject"
    if wheel.license != entry.license:
        yield (
            f"{at('license')}: {wheel.file.name} says {wheel.license!r}; "
            f"the registry {entry.license!r}: make them equal"
        )
    if not any(re.match(r"neucocore(?![\w.-])", requirement) for requirement in wheel.requires):
        yield f"{at('distribution')}: {wheel.file.name} does not require neucocore; add it"
    yield from _entry_point_differences(entry, wheel, at)
    package = entry.distribution.replace("-", "_")
    strays = {name.split("/")[0] for name in wheel.members}
    strays = {name for name in strays if name != package and not name.endswith(".dist-info")}
    if strays:
        found = ", ".join(sorted(strays))
        yield f"{at('distribution')}: {wheel.file.name} also installs {found}; leave it out"


def _entry_point_differences(entry: Entry, wheel: Wheel, at: Callable[[str], str]) -> Iterator[str]:
    declared = wheel.entry_points.get(PLUGINS, {})
    expected = [entry.name] if entry.provides else []
    if sorted(declared) != expected:
        found = ", ".join(sorted(declared)) or "nothing"
        yield (
            f"{at('name')}: {wheel.file.name} declares {found} under {PLUGINS}; "
            f"expected {entry.name}: mend its pyproject or this name"
        )
    for module in declared.values():
        if f"{module.replace('.', '/')}.py" not in wheel.members:
            yield f"{at('name')}: {wheel.file.name} has no module {module}; mend its packages"
    commands = sorted(wheel.entry_points.get(COMMANDS, {}))
    if commands != sorted(entry.commands):
        found = ", ".join(commands) or "none"
        listed = ", ".join(sorted(entry.commands)) or "none"
        yield f"{at('commands')}: {wheel.file.name} adds {found}; listed is {listed}"


def check_live(
    document: Document,
    known: Sequence[Entry],
    install: Callable[[Environment, Entry], None],
    progress: Callable[[str], None],
) -> list[dict[str, Any]]:
    """Install every plugin into an environment of its own, compare and run the conformance kit.

    Parameters
    ----------
    install
        Puts an entry's distribution, with the core, into an environment.
    progress
        Called with each plugin's name before its turn.

    Returns
    -------
    list of dict
        Per plugin ``name``, ``distribution``, ``version``, ``status`` (``passed`` or ``failed``),
        ``problems`` and ``checks`` (counts by status).
    """
    rows = []
    for index, entry in enumerate(known):
        progress(entry.name)
        with tempfile.TemporaryDirectory(prefix="neuco-registry-") as folder:
            rows.append(_try_plugin(entry, Path(folder), install, _place(document, index)))
    return rows


def _try_plugin(
    entry: Entry,
    folder: Path,
    install: Callable[[Environment, Entry], None],
    at: Callable[[str], str],
) -> dict[str, Any]:
    row: dict[str, Any] = {"name": entry.name, "distribution": entry.distribution, "version": ""}
    problems: list[str] = []
    checks: dict[str, int] = {}
    try:
        environment = Environment(folder / "environment")
        install(environment, entry)
        plugin = _plugin_row(environment, entry)
        row["version"] = plugin.get("version", "")
        if plugin.get("status") != "loaded":
            reason = plugin.get("detail", "it is not there")
            problems.append(f"{at('name')}: the plugin does not load: {reason}")
        elif entry.provides:
            problems += _provided_differences(entry, _json(environment, "list", "--json"), at)
            records = _json(environment, "plugins", "check", entry.name, "--json")
            problems += [
                f"{at('name')}: {record['id']}: {record['reason']}"
                for record in records
                if record["status"] == "failed"
            ]
            for record in records:
                checks[record["status"]] = checks.get(record["status"], 0) + 1
    except NeucoError as error:
        problems.append(f"{at('distribution')}: {error}")
    return row | {
        "status": "failed" if problems else "passed",
        "problems": problems,
        "checks": checks,
    }


def _plugin_row(environment: Environment, entry: Entry) -> dict[str, Any]:
    rows = _json(environment, "plugins", "list", "--json")
    return next((row for row in rows if row["name"] == entry.name), {})


def _json(environment: Environment, *arguments: str) -> list[dict[str, Any]]:
    done = environment.neuco(*arguments)
    try:
        rows: list[dict[str, Any]] = json.loads(done.stdout)
    except ValueError:
        said = done.stderr.strip().splitlines()[-3:]
        raise ConfigError(f"neuco {' '.join(arguments)} gave no JSON", problems=said) from None
    return rows


def _provided_differences(
    entry: Entry, rows: Sequence[dict[str, Any]], at: Callable[[str], str]
) -> Iterator[str]:
    for kind in KINDS:
        offered = {r["name"] for r in rows if r["kind"] == kind and r["plugin"] == entry.name}
        listed = set(entry.provides.get(f"{kind}s", ()))
        if missing := sorted(listed - offered):
            yield f"{at('provides')}: it does not offer the {kind} {', '.join(missing)}; remove it"
        if unlisted := sorted(offered - listed):
            yield f"{at('provides')}: it also offers the {kind} {', '.join(unlisted)}; list it"
