"""Compare the plugins of the registry with their wheels, without importing them."""

from __future__ import annotations

import configparser
import email.parser
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from neucocore.components.catalogue import KnownPlugin
from neucocore.components.entry_points import COMMANDS, PLUGINS
from neucocore.errors import ConfigError, MissingFileError
from neucocore.files.yaml_document import Document
from neucocore.registry.file import placeholder_in, position


class _EntryPointsParser(configparser.ConfigParser):
    """Parser of ``entry_points.txt``."""

    def optionxform(self, optionstr: str) -> str:
        """Keep the case of names."""
        return optionstr


@dataclass(frozen=True, slots=True)
class Wheel:
    """The metadata of a wheel, read from its zip file."""

    file: Path
    name: str
    summary: str
    license: str
    requires: tuple[Requirement, ...]
    entry_points: dict[str, dict[str, str]]
    members: frozenset[str]


def read_wheel(file: Path) -> Wheel:
    """Read the metadata of a wheel.

    Raises
    ------
    ConfigError
        The file is not a wheel, or its metadata cannot be read.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = frozenset(archive.namelist())
            (folder,) = {name.split("/")[0] for name in members if ".dist-info/" in name}
            text = archive.read(f"{folder}/METADATA").decode()
            entry_points_file = f"{folder}/entry_points.txt"
            points = (
                archive.read(entry_points_file).decode() if entry_points_file in members else ""
            )
        parser = _EntryPointsParser(delimiters=("=",), interpolation=None)
        parser.read_string(points, source=entry_points_file)
        metadata = email.parser.Parser().parsestr(text)
        requires = tuple(map(Requirement, metadata.get_all("Requires-Dist") or ()))
    except (zipfile.BadZipFile, KeyError, ValueError, configparser.Error) as error:
        message = " ".join(str(error).split())
        raise ConfigError(
            f"{file} is not a valid wheel: {message}", hint="build the wheel again"
        ) from error
    return Wheel(
        file=file,
        name=metadata["Name"],
        summary=metadata["Summary"] or "",
        license=metadata["License-Expression"] or metadata["License"] or "",
        requires=requires,
        entry_points={group: dict(parser[group]) for group in parser.sections()},
        members=members,
    )


def check_wheels(document: Document, plugins: Sequence[KnownPlugin], folder: Path) -> list[str]:
    """Compare every plugin of the registry with its wheel in a folder.

    Returns
    -------
    list of str
        The differences, each with file, line and correction.

    Raises
    ------
    MissingFileError
        The folder does not exist.
    """
    if not folder.is_dir():
        raise MissingFileError(
            f"the folder {folder} does not exist",
            hint="neuco registry check --built DIR, with the folder that contains the wheels",
        )
    problems: list[str] = []
    for plugin in plugins:
        at = partial(document.place, "plugins", position(document, plugin))
        wheels = sorted(folder.glob(f"{plugin.distribution.replace('-', '_')}-[0-9]*.whl"))
        if len(wheels) == 1:
            problems += _check_wheel(plugin, wheels[0], at)
        elif wheels:
            names = ", ".join(wheel.name for wheel in wheels)
            problems.append(f"{at('distribution')}: {folder} contains several wheels: {names}")
        else:
            problems.append(
                f"{at('distribution')}: {folder} contains no wheel of {plugin.distribution}; "
                f"build it: uv build --wheel plugins/{plugin.name} --out-dir {folder}"
            )
    return problems


def _check_wheel(plugin: KnownPlugin, file: Path, at: Callable[[str], str]) -> list[str]:
    try:
        return list(_differences(plugin, read_wheel(file), at))
    except ConfigError as error:
        return [f"{at('distribution')}: {error.message}; {error.hint}"]


def _differences(plugin: KnownPlugin, wheel: Wheel, at: Callable[[str], str]) -> Iterator[str]:
    file = wheel.file.name
    if wheel.name != plugin.distribution:
        yield (
            f"{at('distribution')}: {file} is a wheel of {wheel.name!r}; correct the name in its "
            "pyproject.toml"
        )
    if placeholder := placeholder_in(wheel.summary):
        yield (
            f"{at('distribution')}: the description in {file}, {wheel.summary!r}, still has the "
            f"placeholder {placeholder!r}"
        )
    if wheel.license != plugin.license:
        yield (
            f"{at('license')}: the license is {wheel.license!r} in {file} and {plugin.license!r} "
            "in the registry; they must be equal"
        )
    if "neucocore" not in {canonicalize_name(requirement.name) for requirement in wheel.requires}:
        yield f"{at('distribution')}: {file} does not require neucocore; add it to dependencies"
    yield from _entry_point_differences(plugin, wheel, at)
    package = plugin.distribution.replace("-", "_")
    top_level = {name.split("/")[0] for name in wheel.members}
    others = {name for name in top_level if name != package and not name.endswith(".dist-info")}
    if others:
        names = ", ".join(sorted(others))
        yield f"{at('distribution')}: {file} also installs {names}; exclude it from the wheel"


def _entry_point_differences(
    plugin: KnownPlugin, wheel: Wheel, at: Callable[[str], str]
) -> Iterator[str]:
    file = wheel.file.name
    modules = wheel.entry_points.get(PLUGINS, {})
    expected = [plugin.name] if plugin.provides else []
    if sorted(modules) != expected:
        names = ", ".join(sorted(modules)) or "no entry point"
        yield (
            f"{at('name')}: {file} declares {names} in the group {PLUGINS}; expected "
            f"{', '.join(expected) or 'no entry point'}"
        )
    for module in modules.values():
        if f"{module.replace('.', '/')}.py" not in wheel.members:
            yield f"{at('name')}: {file} does not contain the module {module}"
    commands = sorted(wheel.entry_points.get(COMMANDS, {}))
    if commands != sorted(plugin.commands):
        in_wheel = ", ".join(commands) or "none"
        in_registry = ", ".join(sorted(plugin.commands)) or "none"
        yield (
            f"{at('commands')}: the commands are {in_wheel} in {file} and {in_registry} in the "
            "registry"
        )
