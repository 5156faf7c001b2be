"""What a file declares about its values: no-data codes, scale and offset, valid range, sign, type.

The attributes are those of CF (``_FillValue``, ``missing_value``, ``scale_factor``, ``add_offset``,
``valid_range``, ``_Unsigned``) and their spellings in GDAL, rasterio, STAC and Sentinel-2 products.
A declaration is read here; `neucocore.data.cubes.declared_values` applies it.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from neucocore.data.cubes.array_info import ZarrError

HINT = "correct the metadata of the file, or leave the cube out: neuco encode --skip-bad"
NODATA = frozenset(
    {"fillvalue", "missingvalue", "missingvalues", "nodata", "nodatavalue", "nodataval"}
)
NODATA_PER_BAND = frozenset({"nodatavals", "nodatavalues"})
SINGLE = {
    "scalefactor": "scale",
    "scalefactors": "scale",
    "scales": "scale",
    "addoffset": "offset",
    "addoffsets": "offset",
    "offsets": "offset",
    "validmin": "low",
    "validmax": "high",
    "quantificationvalue": "quantification",
    "boaquantificationvalue": "quantification",
    "boaaddoffset": "sentinel2_offset",
    "radioaddoffset": "sentinel2_offset",
}
"""Attributes with one number, in lower-case letters, and what they declare."""
AMBIGUOUS = {"scale": 1.0, "gain": 1.0, "slope": 1.0, "offset": 0.0, "bias": 0.0, "intercept": 0.0}
"""Names that also have other meanings (pixel size, origin), and the value that changes nothing."""
CONTAINERS = frozenset({"_eopf_attrs", "encoding", "raster:bands"})
"""Attributes that hold a mapping, or one mapping per band, of the attributes read here."""
MEANING_IN_CONTAINER = {"scale": "scale_factor", "offset": "add_offset", "nodata": "nodatavals"}
TEXTS_OF_NOTHING = frozenset({"", "none", "null", "n/a"})
LIST_AS_TEXT = re.compile(r"\{.*\}|\[.*\]")
"""How GDAL (braces) and others write a list in a text."""
BASE64_DOUBLE = re.compile(r"[A-Za-z0-9+/]{11}=")
"""How xarray writes a floating-point ``_FillValue`` in JSON: base64 of 8 bytes."""


class DeclarationError(ZarrError):
    """A declaration that cannot be understood, or that contradicts another one."""

    def __init__(self, message: str, hint: str = HINT) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True)
class Declarations:
    """What a file declares about the stored values of an array.

    Attributes
    ----------
    nodata
        Finite values that mean "no data", as stored.
    scale, offset
        A value is stored value times `scale` plus `offset`; None: not declared.
    low, high
        Range of valid values, as stored; None: no limit.
    unsigned
        Whether integers are to be read as unsigned; None: not declared.
    dtype
        The declared type; None: not declared.
    """

    nodata: tuple[float, ...] = ()
    scale: float | None = None
    offset: float | None = None
    low: float | None = None
    high: float | None = None
    unsigned: bool | None = None
    dtype: str | None = None


@lru_cache(maxsize=256)
def cube_declarations(
    array: str, info: bytes, attributes: bytes, group: bytes, consolidated: bytes
) -> Declarations:
    """Return what the metadata of one array in a Zarr group declare.

    Parameters
    ----------
    array
        Name of the array.
    info, attributes, group, consolidated
        The JSON texts of ``<array>/.zarray``, ``<array>/.zattrs``, ``.zattrs`` and ``.zmetadata``;
        empty if not stored. Files of one data set share them, so results are cached.

    Raises
    ------
    DeclarationError
        A text is not a JSON object, a value cannot be understood, or two declarations differ.
    """
    described = json_object(f"{array}/.zarray", info)
    copies = json_object(".zmetadata", consolidated).get("metadata") or {}
    if not isinstance(copies, Mapping):
        raise DeclarationError(".zmetadata has no mapping 'metadata'")
    copy = copies.get(f"{array}/.zarray")
    if isinstance(copy, Mapping) and any(
        _text(copy.get(key)) != _text(described.get(key)) for key in ("dtype", "fill_value")
    ):
        raise DeclarationError(f"{array}/.zarray differs from its copy in .zmetadata")
    reader = _Reader()
    # Zarr fills chunks that are not stored with 0 unless told otherwise: this declares nothing.
    if described.get("fill_value") not in (None, 0):
        reader.add("fill_value", described["fill_value"])
    for name, text in ((f"{array}/.zattrs", attributes), (".zattrs", group)):
        stored = json_object(name, text)
        copied = copies.get(name)
        for values in (stored, copied if isinstance(copied, Mapping) else {}):
            reader.add_all(values, own=name != ".zattrs")
    return reader.declarations()


def tag_declarations(tags: Mapping[str, Any]) -> Declarations:
    """Return what the metadata of a raster band declare; see `cube_declarations`."""
    reader = _Reader()
    reader.add_all(tags, own=False)
    return reader.declarations()


def json_object(name: str, text: bytes) -> Mapping[str, Any]:
    """Return the content of a JSON text, an empty one as an empty mapping.

    Raises
    ------
    DeclarationError
        It is not a JSON object.
    """
    if not text:
        return {}
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DeclarationError(f"{name} is not JSON ({error})") from None
    if not isinstance(content, dict):
        raise DeclarationError(f"{name} is not a JSON object")
    return content


@dataclass
class _Reader:
    """Collects declarations, and the attribute that each came from."""

    nodata: dict[float, str] = field(default_factory=dict)
    single: dict[str, tuple[Any, str]] = field(default_factory=dict)

    def add_all(self, attributes: Mapping[str, Any], *, own: bool) -> None:
        """Read the attributes of the array itself (`own`) or of the group around it."""
        for name, value in attributes.items():
            if name not in CONTAINERS:
                self.add(name, value, own=own)
                continue
            for band in value if isinstance(value, list) else [value]:
                if isinstance(band, Mapping):
                    for key, item in band.items():
                        self.add(MEANING_IN_CONTAINER.get(key) or key, item)

    def add(self, name: str, value: Any, *, own: bool = True) -> None:
        """Read one attribute; others than those about values are ignored."""
        key = re.sub(r"[^a-z0-9]", "", name.lower())
        if key in NODATA_PER_BAND:
            self._set("nodata_per_band", name, _same(name, value))
        elif key in NODATA:
            for number in _numbers(name, value):
                if math.isfinite(number):  # NaN is never data, whatever is declared
                    self.nodata.setdefault(number, name)
        elif key in SINGLE:
            self._set(SINGLE[key], name, _same(name, value))
        elif key in AMBIGUOUS and own:
            _check_ambiguous(name, value, AMBIGUOUS[key])
        elif key == "validrange":
            limits = list(_numbers(name, value))
            if len(limits) != 2 or not limits[0] <= limits[1]:
                raise DeclarationError(f"its {name} is {value!r}, not a minimum and a maximum")
            self._set("low", name, limits[0])
            self._set("high", name, limits[1])
        elif key == "unsigned":
            self._set("unsigned", name, _boolean(name, value))
        elif key == "dtype" and own and isinstance(value, str):
            self._set("dtype", name, value)

    def _set(self, what: str, name: str, value: Any) -> None:
        if value is None:
            return
        before, other = self.single.setdefault(what, (value, name))
        if before != value and value == value:  # NaN differs from itself
            raise DeclarationError(
                f"its metadata contradict each other: {other} {before}, {name} {value}"
            )

    def declarations(self) -> Declarations:
        """Return what was collected.

        Sentinel-2 products state the number of digital numbers per unit of reflectance, and the
        offset as a digital number: reflectance is (stored + offset) / quantification.
        """
        quantification = self._pop("quantification")
        if quantification:
            self._set("scale", "the quantification value", 1 / quantification)
        sentinel2_offset = self._pop("sentinel2_offset")
        if sentinel2_offset is not None:
            scale = self.single.get("scale", (1.0, ""))[0]
            self._set("offset", "the Sentinel-2 offset", sentinel2_offset * scale)
        if (nodata := self._pop("nodata_per_band")) is not None:
            self.add("nodata", nodata)
        values = {what: value for what, (value, _) in self.single.items()}
        for limit in ("low", "high"):
            if limit in values and not math.isfinite(values[limit]):
                del values[limit]
        scale, offset = values.get("scale", 1.0), values.get("offset", 0.0)
        if scale == 0 or not math.isfinite(scale) or not math.isfinite(offset):
            raise DeclarationError(f"it declares the scale {scale:g} and the offset {offset:g}")
        return Declarations(nodata=tuple(self.nodata), **values)

    def _pop(self, what: str) -> Any:
        return self.single.pop(what, (None, ""))[0]


def _text(content: Any) -> str:
    return json.dumps(content, sort_keys=True)


def _numbers(name: str, value: Any) -> Iterator[float]:
    """Yield the numbers of an attribute: one, a list of them, or their text."""
    if isinstance(value, str) and LIST_AS_TEXT.fullmatch(value.strip()):
        value = value.strip()[1:-1].split(",")
    if isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _numbers(name, item)
        return
    if value is None or (isinstance(value, str) and value.strip().lower() in TEXTS_OF_NOTHING):
        return
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            yield float(value)
            return
        except OverflowError:
            raise DeclarationError(f"its {name} is {value!r}, not a finite number") from None
    if isinstance(value, str):
        text = value.strip()
        try:
            yield float(text)
            return
        except ValueError:
            pass
        if BASE64_DOUBLE.fullmatch(text):
            try:
                yield float(np.frombuffer(base64.b64decode(text, validate=True), "<f8")[0])
                return
            except (binascii.Error, ValueError):
                pass
    raise DeclarationError(f"its {name} is {value!r}, not a number")


def _same(name: str, value: Any) -> float | None:
    """Return the number of an attribute that may list it once per band."""
    numbers = set(_numbers(name, value))
    if len(numbers) > 1:
        raise DeclarationError(f"its {name} differs between bands: {value!r}")
    return numbers.pop() if numbers else None


def _check_ambiguous(name: str, value: Any, neutral: float) -> None:
    if isinstance(value, (str, Mapping)):
        return
    number = _same(name, value)
    if number not in (None, neutral):
        raise DeclarationError(
            f"its attribute {name} {number:g} has no agreed meaning; declare the values with "
            "scale_factor and add_offset, or remove the attribute"
        )


def _boolean(name: str, value: Any) -> bool:
    texts = {"true": True, "1": True, "false": False, "0": False}
    text = str(value).strip().lower()
    if text not in texts:
        raise DeclarationError(f"its {name} is {value!r}, not true or false")
    return texts[text]
