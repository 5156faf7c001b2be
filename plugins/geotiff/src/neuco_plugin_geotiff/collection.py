"""The GeoTIFFs of one modality: what they have in common, and reading those of one id."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_geotiff.agreement import differences
from neuco_plugin_geotiff.layout import (
    Layout,
    Source,
    detect,
    find_files,
    from_pattern,
    from_table,
)
from neuco_plugin_geotiff.names import iso_date, natural, split_date
from neuco_plugin_geotiff.raster import Header, read_header, read_raster
from neuco_plugin_geotiff.tables import BANDS as BANDS_TABLE
from neuco_plugin_geotiff.tables import FILES as FILES_TABLE
from neuco_plugin_geotiff.tables import read_bands, read_files
from neucocore.plugin import (
    BANDS,
    ConfigError,
    CorruptCubeError,
    DataError,
    Finding,
    MissingFileError,
)

TRIED = 50
"""Files that are tried until one can be read and shows the form of the others."""
REFLECTANCE, BYTE = 10_000.0, 255.0
SENTINEL2 = frozenset(BANDS["s2l1c"])


@dataclass(frozen=True)
class Reading:
    """How files are read: the parameters of the data set that are not a selection."""

    pattern: str | None = None
    band_names: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    stack_order: str = "dates"
    nodata: float | None = None
    stored_offset: int = 0


@dataclass(frozen=True)
class Part:
    """One modality of one cube, (date, band, y, x)."""

    array: NDArray[Any]
    bands: tuple[str, ...]
    dates: tuple[str, ...]
    nodata: float | None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class _Image:
    """The values of one date: (band, y, x), and which of them are valid."""

    source: Source
    header: Header
    date: str
    values: NDArray[Any]
    valid: NDArray[np.bool_]


class Collection:
    """The files of one modality.

    Parameters
    ----------
    name
        Name of the modality.
    root
        Its folder, or its only file.
    reading
        How to read the files.
    scale
        What values are divided by to be of order one; None: by their type.
    """

    def __init__(self, name: str, root: Path, reading: Reading, scale: float | None) -> None:
        self.name, self.root, self._reading = name, root, reading
        folder = root if root.is_dir() else root.parent
        tables = (folder / BANDS_TABLE, folder / FILES_TABLE)
        self.tables = tuple(path for path in tables if path.is_file())
        listed = read_bands(tables[0]) if tables[0].is_file() else ()
        self._names = reading.band_names or listed
        self._layout = self._find(folder, tables[1])
        self._reference = self._first()
        self.bands, self._dates, self.has_names = self._form(self._reference)
        self.offset, self._nodata, self.scale = self._meaning(scale)

    @property
    def sources(self) -> Mapping[str, Sequence[Source]]:
        """Id to its files."""
        return self._layout.sources

    def describe(self) -> dict[str, Any]:
        """Return how the files were understood, as plain values."""
        header = self._reference
        in_paths = {source.date for files in self.sources.values() for source in files} - {""}
        dates = sorted(in_paths) or [*filter(None, map(_day, self._dates))]
        return {
            "layout": self._layout.text,
            "files": sum(map(len, self.sources.values())),
            "bands": list(self.bands),
            "band names": self._names_from(),
            "dates": f"{dates[0]} to {dates[-1]} ({len(dates)} different)" if dates else "-",
            "size": f"{header.width} x {header.height}",
            "type": header.dtype,
            "no data": self._nodata,
            "scale": self.scale,
            "crs": header.crs[:40] or "-",
        }

    def read(self, id: str) -> Part:  # noqa: A002
        """Read the files of one id.

        Raises
        ------
        CorruptCubeError
            The files cannot be read, or do not fit together; ``problems`` lists everything.
        """
        problems = list(self._layout.problems.get(id, ()))
        images: list[_Image] = []
        for source in self.sources[id]:
            try:
                images += self._images(source)
            except DataError as error:
                lines = error.problems or (error.message,)
                problems += [line.replace(str(source.path), source.path.name) for line in lines]
        problems += differences([image.header for image in images])
        findings: list[Finding] = []
        if not problems:
            images = self._joined(images, problems)
        if problems:
            raise CorruptCubeError(f"{len(problems)} problems", problems=problems)
        arrays = [self._values(image, findings, problems) for image in images]
        if problems:
            raise CorruptCubeError(f"{len(problems)} problems", problems=problems)
        dates = tuple(image.date for image in images)
        if len(images) > 1 and not all(dates):
            message = "dates are unknown; files are in the order of their names"
            findings.append(Finding("no-date", "warning", message))
        return Part(
            np.stack(arrays),
            self.bands,
            dates if all(dates) else (),
            self._nodata,
            _place(images[0].header, findings),
            _summed(findings),
        )

    def _find(self, folder: Path, table: Path) -> Layout:
        if self.root.is_file():
            return Layout("one file", {self.root.stem: (Source(self.root),)})
        if table.is_file() and self._reading.pattern is None:
            return from_table(folder, read_files(table))
        files = find_files(folder)
        if not files:
            raise MissingFileError(
                f"there is no GeoTIFF (*.tif, *.tiff) below {folder}",
                hint="check the path given with --data",
            )
        if self._reading.pattern is not None:
            return from_pattern(folder, files, self._reading.pattern)
        return detect(folder, files, self._names, _has_one_band)

    def _first(self) -> Header:
        """Return the header of the first file that can be read."""
        errors: list[DataError] = []
        for files in self.sources.values():
            for source in files:
                try:
                    header = read_header(source.path)
                    if not self._layout.bands or len(header.names) == 1:
                        return header
                except DataError as error:
                    errors.append(error)
                if len(errors) >= TRIED:
                    break
        raise CorruptCubeError(
            f"no GeoTIFF of {self.root} can be read; {len(errors)} were tried",
            problems=[error.message for error in errors[:10]],
            hint="copy or download the files again",
        )

    def _form(self, header: Header) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
        """Return the bands, the dates of a stack, and whether the bands have names.

        Raises
        ------
        ConfigError
            The names or dates that were given do not fit the number of bands.
        """
        if self._layout.bands:
            return self._bands_of_files(), (), True
        count, dates = len(header.names), self._stack_dates(header)
        if dates:
            per_date = count // len(dates)
            names = self._names_in(header) or list(self._names)
        else:
            per_date = count
            names = list(header.names) if all(header.names) else []
            if self._reading.band_names or not names:
                names = list(self._names)
        if not names:
            return tuple(f"band{number}" for number in range(1, per_date + 1)), dates, False
        if len(names) != per_date:
            what = "band_names" if self._reading.band_names else BANDS_TABLE
            stack = f" on each of {len(dates)} dates" if dates else ""
            raise ConfigError(
                f"{what}: {len(names)} bands are named, but {header.path} has {per_date}{stack}",
                hint=f"name {per_date} bands; or state the dates of a stack: "
                "--set dataset.dates=DATE,DATE",
            )
        if len(set(names)) < len(names):
            raise ConfigError(
                f"{header.path}: several bands have one name: {', '.join(names)}",
                hint="name them with --set dataset.band_names=NAME,NAME,...",
            )
        return tuple(names), dates, True

    def _bands_of_files(self) -> tuple[str, ...]:
        if not self._names:
            return self._layout.bands
        missing = [name for name in self._names if name not in self._layout.bands]
        if missing:
            raise ConfigError(
                f"no files of band {', '.join(missing)} in {self.root}",
                hint=f"bands in the names of files: {', '.join(self._layout.bands)}",
            )
        return self._names

    def _stack_dates(self, header: Header) -> tuple[str, ...]:
        """Return the dates of a stack: as given, or in the descriptions of the bands."""
        given, count = self._reading.dates, len(header.names)
        if not given:
            found = [split_date(name)[1] for name in header.names]
            days = tuple(sorted(set(found)))
            return days if all(found) and len(days) > 1 and count % len(days) == 0 else ()
        if len(given) == 1 and given[0].isdecimal() and int(given[0]) < 1900:
            dates = tuple(f"date{number}" for number in range(1, int(given[0]) + 1))
        else:
            dates = tuple(map(iso_date, given))
        if not all(dates) or len(set(dates)) < len(dates) or not dates or count % len(dates):
            raise ConfigError(
                f"dates={','.join(given)} does not fit {header.path}, which has {count} bands",
                hint="give the dates of the stack, or how many there are; each has all bands",
            )
        return dates

    def _names_in(self, header: Header) -> list[str]:
        """Return the names of the bands of a stack whose descriptions contain dates."""
        if self._reading.dates or self._reading.band_names:
            return []
        return list(dict.fromkeys(split_date(name)[0] for name in header.names))

    def _names_from(self) -> str:
        if self._layout.bands:
            return "names of files"
        if self._reading.band_names:
            return "band_names"
        if not self.has_names:
            return "numbers: no descriptions in the files, no bands.csv"
        return BANDS_TABLE if not all(self._reference.names) else "descriptions in the files"

    def _meaning(self, scale: float | None) -> tuple[int | None, float | None, float | None]:
        """Return digital-number offset, value of no data, and scale of the values."""
        header, reading = self._reference, self._reading
        integers = np.dtype(header.dtype).kind in "iu" and not header.is_scaled
        sentinel2 = integers and SENTINEL2.issuperset(self.bands)
        declared = header.nodata if reading.nodata is None else reading.nodata
        nodata: float | None = None
        if integers:
            fits = declared is not None and math.isfinite(declared)
            fits = fits and declared == int(declared or 0) and _in_range(declared, header.dtype)
            nodata = declared if fits else 0.0 if header.has_mask or sentinel2 else None
        elif reading.nodata is not None and math.isfinite(reading.nodata):
            nodata = reading.nodata
        elif declared is not None or header.has_mask:
            nodata = 0.0
        if scale is None and integers:
            scale = BYTE if np.dtype(header.dtype).itemsize == 1 else REFLECTANCE
        return reading.stored_offset if sentinel2 else None, nodata, scale

    def _images(self, source: Source) -> list[_Image]:
        """Read a file: one image, or one of each date of a stack."""
        header, values, valid = read_raster(source.path)
        expected = 1 if self._layout.bands else len(self.bands) * max(len(self._dates), 1)
        if len(values) != expected:
            raise CorruptCubeError(
                f"{source.path.name} has {len(values)} bands; {self._reference.path.name} has "
                f"{expected}"
            )
        problems = []
        for what in ("dtype", "is_scaled"):
            own, common = getattr(header, what), getattr(self._reference, what)
            if own != common:
                text = f"is of type {own}" if what == "dtype" else "has other scales in its tags"
                than = f" {common}" if what == "dtype" else ""
                problems.append(f"{source.path.name} {text}; {self._reference.path.name} has{than}")
        named = not (self._layout.bands or self._reading.band_names)
        if named and all(self._reference.names) and header.names != self._reference.names:
            own = " ".join(name or "(none)" for name in header.names)
            problems.append(
                f"{source.path.name} has the bands {own}; {self._reference.path.name} has "
                f"{' '.join(self._reference.names)}"
            )
        if problems:
            raise CorruptCubeError(f"{len(problems)} problems", problems=problems)
        if self._dates:
            order = self._stack_positions(header)
            return [
                _Image(source, header, _day(date), values[rows], valid[rows])
                for date, rows in zip(self._dates, order, strict=True)
            ]
        return [_Image(source, header, source.date or header.date, values, valid)]

    def _stack_positions(self, header: Header) -> NDArray[np.int64]:
        """Return the positions of the bands of each date, (date, band)."""
        dates, bands = len(self._dates), len(self.bands)
        if not self._reading.dates:
            of = {split_date(name)[::-1]: i for i, name in enumerate(header.names)}
            written = list(dict.fromkeys(split_date(name)[0] for name in header.names))
            if len(of) == dates * bands:
                return np.array([[of[date, band] for band in written] for date in self._dates])
            raise CorruptCubeError(f"{header.path.name}: a band occurs twice on one date")
        numbers = np.arange(dates * bands)
        if self._reading.stack_order == "bands":
            return numbers.reshape(bands, dates).T
        return numbers.reshape(dates, bands)

    def _joined(self, images: list[_Image], problems: list[str]) -> list[_Image]:
        """Join files of one band each, and sort by date."""
        if self._layout.bands:
            by_date: dict[str, list[_Image]] = {}
            for image in images:
                by_date.setdefault(image.source.date, []).append(image)
            images = []
            for group in by_date.values():
                of_band = {image.source.band: image for image in group}
                ordered = [of_band[band] for band in self.bands]
                images.append(
                    _Image(
                        ordered[0].source,
                        ordered[0].header,
                        ordered[0].date,
                        np.concatenate([image.values for image in ordered]),
                        np.concatenate([image.valid for image in ordered]),
                    )
                )
        dates = [image.date for image in images if image.date]
        repeated = sorted({date for date in dates if dates.count(date) > 1})
        if repeated:
            problems.append(f"several files have the date {', '.join(repeated)}")
        if len(dates) < len(images):
            return sorted(images, key=lambda image: natural(image.source.path.name))
        return sorted(images, key=lambda image: image.date)

    def _values(self, image: _Image, findings: list[Finding], problems: list[str]) -> NDArray[Any]:
        """Return the values of one date with scale and no data applied."""
        name = image.source.path.name
        values, valid = image.values, image.valid
        if self._reading.nodata is not None and not math.isnan(self._reading.nodata):
            valid = valid & (values != self._reading.nodata)
        if values.dtype.kind == "f":
            bad = valid & ~np.isfinite(values)
            if self._reading.nodata is not None and math.isnan(self._reading.nodata):
                valid = valid & ~np.isnan(values)
            elif bad.any():
                problems.append(f"{name}: {np.count_nonzero(bad)} values are NaN or infinite")
        if image.header.is_scaled:
            shape = (-1, 1, 1)
            scales, offsets = (
                np.float64(x).reshape(shape) for x in (image.header.scales, image.header.offsets)
            )
            values = (values * scales + offsets).astype(np.float32)
            findings.append(
                Finding("scaled", "repaired", "scale and offset of the tags are applied")
            )
        invalid = np.count_nonzero(~valid)
        if invalid and self._nodata is None:
            problems.append(
                f"{name}: {invalid} values are no data, but {self._reference.path.name} declares "
                "no such value; choose one: --set dataset.nodata=0"
            )
        elif invalid:
            values = np.where(valid, values, values.dtype.type(self._nodata))
        if not valid.any():
            message = "a date has no valid pixel"
            findings.append(Finding("all-no-data", "warning", message, examples=(name,)))
        return values


def _has_one_band(path: Path) -> bool:
    try:
        return len(read_header(path).names) == 1
    except DataError:
        return True  # it is reported when it is read


def _in_range(value: float, dtype: str) -> bool:
    info = np.iinfo(dtype)
    return bool(info.min <= value <= info.max)


def _day(date: str) -> str:
    return "" if date.startswith("date") else date


def _place(header: Header, findings: list[Finding]) -> dict[str, Any]:
    try:
        place = header.place()
    except DataError as error:
        findings.append(Finding("place", "warning", f"the place is unknown: {error.message}"))
        return {}
    return {} if place is None else {"lon": place[0], "lat": place[1], "crs": header.crs}


def _summed(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return one finding per message, with the sum of the counts."""
    summed: dict[str, Finding] = {}
    for finding in findings:
        first = summed.get(finding.message)
        count = finding.count + (first.count if first else 0)
        examples = (first.examples if first else ()) + finding.examples
        summed[finding.message] = Finding(
            finding.code, finding.level, finding.message, count, examples[:3]
        )
    return tuple(summed.values())
