"""Which files belong to which id, date and band: found from paths, a pattern, or a table."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from neuco_plugin_geotiff.names import iso_date, natural, split_band, split_date
from neuco_plugin_geotiff.tables import FileRow
from neucocore.plugin import ConfigError

SUFFIXES = (".tif", ".tiff")
LABELS = "labels"
SAMPLED = 20
"""Files that are opened to find out whether names that look like bands are names of bands."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file of an id; `date` (ISO) and `band` are empty where the path does not state them."""

    path: Path
    date: str = ""
    band: str = ""


@dataclass(frozen=True)
class Layout:
    """The files of each id.

    Attributes
    ----------
    text
        How the paths were understood, in words.
    sources
        Id to its files.
    problems
        Id to what is wrong with the names of its files.
    bands
        Names of the bands of a layout with one file per band, in order; empty for others.
    """

    text: str
    sources: Mapping[str, tuple[Source, ...]]
    problems: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bands: tuple[str, ...] = ()


def find_files(root: Path) -> list[Path]:
    """Return all GeoTIFFs below a folder, sorted; hidden ones and those of labels are left out."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name[0] != "." and name != LABELS]
        found += [
            Path(folder, name)
            for name in names
            if name[0] != "." and name.lower().endswith(SUFFIXES)
        ]
    return sorted(found, key=lambda path: natural(path.relative_to(root).as_posix()))


def detect(
    root: Path,
    files: Sequence[Path],
    band_names: Sequence[str],
    has_one_band: Callable[[Path], bool],
) -> Layout:
    """Return the layout of a folder.

    Parameters
    ----------
    root
        The folder.
    files
        Its GeoTIFFs.
    band_names
        Known names of bands, which names of files may end with.
    has_one_band
        Whether a file has a single band; files of several bands are not one per band.

    Raises
    ------
    ConfigError
        Files in several folders have one name, without dates or bands: they may be ids or dates.
    """
    stems = [path.stem for path in files]
    with_band = [path for path in files if split_band(path.stem, band_names)[1]]
    banded = _most(with_band, stems) and all(map(has_one_band, with_band[:SAMPLED]))
    paths = [_Parts.of(root, path, band_names if banded else None) for path in files]
    dated = _most([parts for parts in paths if parts.date], stems)
    if not dated:
        paths = [parts.undated() for parts in paths]
    if dated or banded:
        by_folder = _id_is_folder(paths)
    else:
        by_folder = False
        _require_distinct_names(root, files)
    sources: dict[str, list[Source]] = defaultdict(list)
    problems: dict[str, list[str]] = defaultdict(list)
    for parts in paths:
        name = (parts.folder if by_folder else parts.rest) or parts.rest or parts.folder
        id = name or root.resolve().name  # noqa: A001
        sources[id].append(Source(parts.path, parts.date, parts.band))
        for present, thing in (
            (parts.date or not dated, "date"),
            (parts.band or not banded, "band"),
        ):
            if not present:
                problems[id].append(f"{parts.path.name}: there is no {thing} in its name")
    return _complete(_text(paths, by_folder, dated, banded), sources, problems, banded)


def from_pattern(root: Path, files: Sequence[Path], pattern: str) -> Layout:
    """Return the layout that a pattern such as ``{id}/{date}_{band}.tif`` describes.

    Raises
    ------
    ConfigError
        The pattern has no ``{id}`` or other fields, or no file matches.
    """
    fields = re.findall(r"\{(\w*)\}", pattern)
    if "id" not in fields or len(set(fields)) < len(fields) or set(fields) - {"id", "date", "band"}:
        raise ConfigError(
            f"pattern={pattern} needs {{id}}, and may have {{date}} and {{band}}, each once",
            hint="for example --set 'dataset.pattern={id}/{date}_{band}.tif'",
        )
    parts = re.split(r"(\{\w+\}|\*)", pattern)
    special = {"*": "[^/]*", "{id}": "(?P<id>[^/]+)"}
    special |= {"{date}": "(?P<date>[^/]+?)", "{band}": "(?P<band>[^/]+?)"}
    expression = re.compile("".join(special.get(part, re.escape(part)) for part in parts))
    sources: dict[str, list[Source]] = defaultdict(list)
    problems: dict[str, list[str]] = defaultdict(list)
    for path in files:
        match = expression.fullmatch(path.relative_to(root).as_posix())
        if match is None:
            continue
        groups = match.groupdict()
        written = groups.get("date") or ""
        date = iso_date(written)
        if written and not date:
            problems[groups["id"]].append(f"{path.name}: {written!r} is not a date")
        sources[groups["id"]].append(Source(path, date, groups.get("band") or ""))
    if not sources:
        example = files[0].relative_to(root).as_posix()
        raise ConfigError(
            f"pattern={pattern}: none of {len(files)} files of {root} matches",
            hint=f"the paths look like {example}",
        )
    left_out = len(files) - sum(map(len, sources.values()))
    text = f"as given: {pattern}" + (f"; {left_out} other files are not read" if left_out else "")
    return _complete(text, sources, problems, "band" in fields)


def from_table(root: Path, rows: Sequence[FileRow]) -> Layout:
    """Return the layout that the rows of ``files.csv`` state."""
    sources: dict[str, list[Source]] = defaultdict(list)
    problems: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        date = iso_date(row.date)
        if row.date and not date:
            problems[row.id].append(f"files.csv: {row.date!r} is not a date")
        sources[row.id].append(Source(root / row.file, date, row.band))
    return _complete("as in files.csv", sources, problems, any(row.band for row in rows))


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the path of a file states; `folder` is the innermost folder that is not a date."""

    path: Path
    folder: str
    rest: str
    date: str = ""
    band: str = ""
    stem: str = ""
    folders: tuple[str, ...] = ()

    @classmethod
    def of(cls, root: Path, path: Path, band_names: Sequence[str] | None) -> _Parts:
        folders = path.relative_to(root).parts[:-1]
        stem, band = (path.stem, "") if band_names is None else split_band(path.stem, band_names)
        rest, date = split_date(stem)
        others = tuple(name for name in folders if not _is_date(name))
        dates = [split_date(name)[1] for name in folders if _is_date(name)]
        date = date or (dates[-1] if dates else "")
        return cls(path, others[-1] if others else "", rest, date, band, stem, folders)

    def undated(self) -> _Parts:
        folder = self.folders[-1] if self.folders else ""
        return _Parts(self.path, folder, self.stem, "", self.band, self.stem, self.folders)


def _is_date(name: str) -> bool:
    rest, date = split_date(name)
    return bool(date) and not rest


def _most(some: Sequence[object], all_of: Sequence[object]) -> bool:
    return 2 * len(some) > len(all_of)


def _require_distinct_names(root: Path, files: Sequence[Path]) -> None:
    first: dict[str, Path] = {}
    for path in files:
        other = first.setdefault(path.stem, path)
        if other != path:
            one, two = (found.relative_to(root).as_posix() for found in (other, path))
            folder = "*/" * (one.count("/") - 1) + "{id}/"
            raise ConfigError(
                f"{one} and {two} have the same name and no date: they may be two samples, or "
                "dates of the samples that the folders are named after",
                hint=f"if each folder is a sample: --set 'dataset.pattern={folder}*.tif'; if each "
                "file is one, write files.csv with the columns id and file",
            )


def _id_is_folder(paths: Sequence[_Parts]) -> bool:
    """Whether the id is the name of the folder, not (a part of) the name of the file."""
    folders_of: dict[str, set[str]] = defaultdict(set)
    rests_of: dict[str, set[str]] = defaultdict(set)
    for parts in paths:
        folders_of[parts.rest].add(parts.folder)
        rests_of[parts.folder].add(parts.rest)
    if rests_of.keys() == {""}:
        return False
    if "" in folders_of or any(len(folders) > 1 for folders in folders_of.values()):
        return True
    return all(len(rests) == 1 for rests in rests_of.values())


def _text(paths: Sequence[_Parts], by_folder: bool, dated: bool, banded: bool) -> str:
    date_is_folder = dated and any(_is_date(name) for name in paths[0].folders)
    rest = any(parts.rest for parts in paths)
    name = [
        *(["*" if by_folder else "{id}"] if rest or not (dated or banded) else []),
        *(["{date}"] if dated and not date_is_folder else []),
        *(["{band}"] if banded else []),
    ]
    folders = ["{id}"] if by_folder or not rest else []
    folders += ["{date}"] if date_is_folder else []
    if not (by_folder or not rest) and any(parts.folder for parts in paths):
        folders.insert(0, "*")
    words = ["a folder per id" if by_folder else "ids in the names of the files"]
    words += ["a file per date"] if dated or (by_folder and not banded) else []
    words += ["a file per band"] if banded else []
    if not by_folder and not dated and not banded:
        words = ["a file per id"]
    return f"{', '.join(words)}: {'/'.join([*folders, '_'.join(name)])}.tif"


def _complete(
    text: str,
    sources: Mapping[str, list[Source]],
    problems: Mapping[str, list[str]],
    banded: bool,
) -> Layout:
    """Add what is wrong between the files of an id, and the bands of a layout by bands."""
    all_problems = {id: list(lines) for id, lines in problems.items()}  # noqa: A001
    bands = _common_bands(sources.values()) if banded else ()
    for id, files in sources.items():  # noqa: A001
        lines = [*_repeated(files), *(_lacking(files, bands) if banded else ())]
        if lines:
            all_problems.setdefault(id, []).extend(lines)
    return Layout(
        text,
        {id: tuple(sources[id]) for id in sorted(sources)},  # noqa: A001
        {id: tuple(lines) for id, lines in all_problems.items()},  # noqa: A001
        bands,
    )


def _repeated(files: Sequence[Source]) -> list[str]:
    """Return problems: several files for one date and band, where paths state them."""
    first: dict[tuple[str, str], Path] = {}
    problems = []
    for source in files:
        if not (source.date or source.band):
            continue
        key = source.date, source.band
        other = first.setdefault(key, source.path)
        if other != source.path:
            what = " ".join(filter(None, key))
            problems.append(f"two files for {what}: {other.name} and {source.path.name}")
    return problems


def _common_bands(groups: Iterable[Sequence[Source]]) -> tuple[str, ...]:
    """Return the bands that at least half of the ids have, in natural order."""
    counts: dict[str, int] = defaultdict(int)
    ids = 0
    for files in groups:
        ids += 1
        for band in {source.band for source in files if source.band}:
            counts[band] += 1
    return tuple(sorted((b for b, n in counts.items() if 2 * n >= ids), key=natural))


def _lacking(files: Sequence[Source], bands: Sequence[str]) -> list[str]:
    """Return problems: a date that lacks a band, or has one that most ids do not have."""
    of_date: dict[str, set[str]] = defaultdict(set)
    for source in files:
        of_date[source.date].add(source.band)
    problems = []
    for date, present in sorted(of_date.items()):
        on = f" on {date}" if date else ""
        if missing := [band for band in bands if band not in present]:
            problems.append(f"no file of band {', '.join(missing)}{on}")
        if extra := sorted(present - set(bands) - {""}, key=natural):
            problems.append(f"band {', '.join(extra)}{on}, which most ids do not have")
    return problems
