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

from neucocore.data.cubes.codecs import get_codec

# Codecs from bytes to bytes that cannot run code from the file (numcodecs also has pickle).
COMPRESSORS = frozenset({"blosc", "zstd", "lz4", "zlib", "gzip"})
THROUGH_ZARR = frozenset(
    {
        *("bz2", "lzma", "zfpy", "pcodec", "delta", "shuffle", "fixedscaleoffset", "quantize"),
        *("bitround", "astype", "packbits", "crc32", "crc32c", "adler32", "fletcher32"),
    }
)
"""Codecs of numbers that zarr decodes for us; they cannot run code from the file either."""
TEXT_FILTERS = frozenset({"vlen-utf8", "json2"})


class ZarrError(ValueError):
    """A description or chunk that violates Zarr format 2, or that cubes do not need."""


class UnsupportedCodecError(ZarrError):
    """A codec that the direct reader does not know."""


@dataclass(frozen=True)
class ArrayInfo:
    """The content of a ``.zarray``.

    Attributes
    ----------
    shape, chunks
        Lengths of the array and of one chunk along each dimension.
    dtype
        The stored type, byte order included.
    compressor, filters
        Codecs of numcodecs; filters in the order of encoding.
    fill
        The value of chunks that are not stored; 0 if the file names none, or NaN.
    order
        ``C`` or ``F``, the memory layout of a chunk.
    separator
        ``.`` or ``/``, between the numbers in the name of a chunk.
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
        """Size of one decoded chunk in bytes."""
        return math.prod(self.chunks) * self.dtype.itemsize

    def chunk_name(self, index: Sequence[int]) -> str:
        """Return the name of the chunk at a grid position, without the folder of the array."""
        return self.separator.join(map(str, index)) or "0"

    def grid(self, first: slice | None = None) -> Iterator[tuple[int, ...]]:
        """Yield the grid positions of all chunks, or of those within `first` of dimension 0."""
        ranges = [
            range(math.ceil(length / chunk))
            for length, chunk in zip(self.shape, self.chunks, strict=True)
        ]
        if first is not None and ranges:
            ranges[0] = range(first.start // self.chunks[0], math.ceil(first.stop / self.chunks[0]))
        return itertools.product(*ranges)


@lru_cache(maxsize=64)
def array_info(text: bytes) -> ArrayInfo:
    """Parse the content of a ``.zarray``.

    Parameters
    ----------
    text
        The JSON text as stored. Cubes of one data set share it, so results are cached.

    Raises
    ------
    ZarrError
        It is not JSON or not format 2, or has a type or codec that cubes do not need.
    """
    fields = _json_object(text)
    if fields.get("zarr_format") != 2:
        raise ZarrError(f"its Zarr format is {fields.get('zarr_format')!r}, not 2")
    try:
        shape, chunks = _lengths(fields["shape"], 0), _lengths(fields["chunks"], 1)
        dtype, order = fields["dtype"], fields["order"]
        compressor, fill = fields["compressor"], fields["fill_value"]
        filters = fields["filters"] or []
    except KeyError as error:
        raise ZarrError(f"its description has no {error}") from None
    separator = fields.get("dimension_separator") or "."
    if len(shape) != len(chunks):
        raise ZarrError(f"its shape {shape} and its chunks {chunks} have different lengths")
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
        fill=finite_fill(fill, dtype),
        order=order,
        separator=separator,
    )


def _json_object(text: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ZarrError(f"its description is not JSON ({error})") from None
    if not isinstance(content, dict):
        raise ZarrError("its description is not a JSON object")
    return content


def _lengths(values: Any, minimum: int) -> tuple[int, ...]:
    if not isinstance(values, list) or not all(
        type(value) is int and value >= minimum
        for value in values  # not JSON's true
    ):
        raise ZarrError(f"its shape or chunks are {values!r}")
    return tuple(values)


def _dtype(text: Any, filters: Sequence[Any]) -> np.dtype[Any]:
    try:
        dtype: np.dtype[Any] = np.dtype(text)
    except (TypeError, ValueError, SyntaxError):  # numpy parses lists of types as Python code
        raise ZarrError(f"its type is {text!r}") from None
    if dtype.kind in "biufUSM" and not filters:
        return dtype
    if dtype.kind == "O" and filters:
        return dtype
    raise ZarrError(f"its type is {text!r}")


def _codec(config: Any, allowed: frozenset[str]) -> Any:
    name = config.get("id") if isinstance(config, dict) else config
    if isinstance(config, dict) and name in THROUGH_ZARR:
        raise UnsupportedCodecError(f"the codec {name}")
    if not isinstance(name, str) or name not in allowed:
        raise ZarrError(f"its codec is {name!r}; supported: {', '.join(sorted(allowed))}")
    try:
        return get_codec(dict(config))
    except Exception as error:  # noqa: BLE001  codecs raise any type
        raise ZarrError(f"its codec {name} cannot be created ({error})") from None


def finite_fill(value: Any, dtype: Any) -> Any:
    """Return a JSON fill value as a finite number; a string means NaN or infinity, and gives 0."""
    if value is None or isinstance(value, str) or np.dtype(dtype).kind not in "biuf":
        return 0
    if isinstance(value, float) and not math.isfinite(value):
        return 0
    try:
        fill = np.array(value, np.dtype(dtype))
    except (TypeError, ValueError, OverflowError):
        fill = None
    if fill is None or fill.ndim:
        raise ZarrError(f"its fill value is {value!r}")
    return fill[()]
