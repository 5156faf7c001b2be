"""The description of a Zarr format 2 array: the content of its ``.zarray``."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numcodecs.registry import get_codec

# Codecs that turn bytes into bytes and can run no code from the file (numcodecs also has pickle).
COMPRESSORS = frozenset({"blosc", "zstd", "lz4", "zlib", "gzip"})
TEXT_FILTERS = frozenset({"vlen-utf8", "json2"})


class ZarrError(ValueError):
    """A description or chunk that breaks Zarr format 2, or goes beyond what cubes need."""


@dataclass(frozen=True)
class ArrayInfo:
    """What a ``.zarray`` says.

    Attributes
    ----------
    shape, chunks
        Lengths of the array and of one chunk along each dimension.
    dtype
        The stored type, byte order included.
    compressor, filters
        numcodecs objects; filters in the order of encoding.
    fill
        The value that stands for what is not stored; 0 where the file names none, or NaN.
    order
        ``C`` or ``F``, the layout inside a chunk.
    separator
        ``.`` or ``/`` between the numbers of a chunk's name.
    """

    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    dtype: np.dtype[Any]
    compressor: Any
    filters: tuple[Any, ...]
    fill: Any
    order: str
    separator: str

    @property
    def chunk_bytes(self) -> int:
        """Bytes of one chunk, decoded."""
        return math.prod(self.chunks) * self.dtype.itemsize

    def chunk_name(self, index: Sequence[int]) -> str:
        """Name of the chunk at a grid position, without the array's folder."""
        return self.separator.join(map(str, index)) or "0"

    def grid(self, first: slice | None = None) -> Iterator[tuple[int, ...]]:
        """Positions of all chunks, or of those that touch `first` along the first dimension."""
        ranges = [
            range(math.ceil(length / chunk))
            for length, chunk in zip(self.shape, self.chunks, strict=True)
        ]
        if first is not None and ranges:
            ranges[0] = range(first.start // self.chunks[0], math.ceil(first.stop / self.chunks[0]))
        return itertools.product(*ranges)


@lru_cache(maxsize=64)
def array_info(text: bytes) -> ArrayInfo:
    """Read the content of a ``.zarray``.

    Parameters
    ----------
    text
        The JSON as stored. Cubes of one data set share it, so readings are remembered.

    Raises
    ------
    ZarrError
        Not JSON, not format 2, or a type or codec that cubes have no use for.
    """
    said = _json_object(text)
    if said.get("zarr_format") != 2:
        raise ZarrError(f"its Zarr format is {said.get('zarr_format')!r}, not 2")
    try:
        shape, chunks = _lengths(said["shape"], 0), _lengths(said["chunks"], 1)
        dtype, order = said["dtype"], said["order"]
        compressor, filters, fill = said["compressor"], said["filters"] or [], said["fill_value"]
    except KeyError as error:
        raise ZarrError(f"its description lacks {error}") from None
    separator = said.get("dimension_separator") or "."
    if len(shape) != len(chunks):
        raise ZarrError(f"its shape {shape} and its chunks {chunks} differ in length")
    if order not in ("C", "F"):
        raise ZarrError(f"its order is {order!r}")
    if separator not in (".", "/"):
        raise ZarrError(f"its dimension separator is {separator!r}")
    if not isinstance(filters, list):
        raise ZarrError(f"its filters are {filters!r}")
    return ArrayInfo(
        shape=shape,
        chunks=chunks,
        compressor=None if compressor is None else _codec(compressor, COMPRESSORS),
        filters=tuple(_codec(config, TEXT_FILTERS) for config in filters),
        dtype=_dtype(dtype, filters),
        fill=_fill(fill, dtype),
        order=order,
        separator=separator,
    )


def _json_object(text: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ZarrError(f"its description is not JSON ({error})") from None
    if not isinstance(said, dict):
        raise ZarrError("its description is not a JSON object")
    return said


def _lengths(values: Any, least: int) -> tuple[int, ...]:
    if not isinstance(values, list) or not all(
        type(value) is int and value >= least
        for value in values  # JSON's true is no length
    ):
        raise ZarrError(f"its shape or chunks are {values!r}")
    return tuple(values)


def _dtype(text: Any, filters: Sequence[Any]) -> np.dtype[Any]:
    try:
        dtype: np.dtype[Any] = np.dtype(text)
    except (TypeError, ValueError, SyntaxError):  # numpy parses lists of types as Python
        raise ZarrError(f"its type is {text!r}") from None
    if dtype.kind in "biufUSM" and not filters:
        return dtype
    if dtype.kind == "O" and filters:
        return dtype
    raise ZarrError(f"its type is {text!r}")


def _codec(config: Any, allowed: frozenset[str]) -> Any:
    name = config.get("id") if isinstance(config, dict) else config
    if not isinstance(name, str) or name not in allowed:
        raise ZarrError(f"its codec is {name!r}; known are {', '.join(sorted(allowed))}")
    try:
        return get_codec(dict(config))
    except Exception as error:  # noqa: BLE001  whatever a codec's constructor raises
        raise ZarrError(f"its codec {name} cannot be set up ({error})") from None


def _fill(value: Any, dtype: Any) -> Any:
    """Return a JSON fill value as a finite number: text means NaN or infinity."""
    if value is None or isinstance(value, str) or np.dtype(dtype).kind not in "biuf":
        return 0
    try:
        fill = np.array(value, np.dtype(dtype))
    except (TypeError, ValueError, OverflowError):
        fill = None
    if fill is None or fill.ndim:
        raise ZarrError(f"its fill value is {value!r}")
    return fill[()]
