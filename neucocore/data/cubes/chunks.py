"""The chunks of Zarr format 2 arrays, decoded and encoded."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.cubes.array_info import ArrayInfo, ZarrError
from neucocore.data.cubes.codecs import blosc

SIZED_CODECS = frozenset({"blosc", "zstd", "lz4"})
"""Codecs whose content starts with its unpacked size."""
TEXT_LIMIT = 1 << 20
ZLIB_OR_GZIP = zlib.MAX_WBITS | 32


def decode_chunk(info: ArrayInfo, content: bytes) -> NDArray[Any]:
    """Decode one chunk into a new array of shape ``info.chunks``.

    Raises
    ------
    ZarrError
        The chunk cannot be decoded, or has another size than described.
    """
    with _codec_errors():
        unpacked = _unpacked(info, content)
        flat = _text(info, unpacked) if info.filters else np.frombuffer(unpacked, info.dtype)
        return flat.reshape(info.chunks, order=info.order)  # type: ignore[call-overload, no-any-return]


def decode_into(info: ArrayInfo, content: bytes, out: NDArray[Any]) -> bool:
    """Decode one chunk directly into an array of the same layout, which saves a copy.

    Parameters
    ----------
    info
        The description of the array.
    content
        The stored bytes of the chunk.
    out
        Where to write the values.

    Returns
    -------
    bool
        False if the layouts differ and nothing was written.

    Raises
    ------
    ZarrError
        As for `decode_chunk`.
    """
    codec = info.compressor
    if (
        codec is None
        or codec.codec_id not in SIZED_CODECS
        or info.filters
        or info.order != "C"
        or out.shape != info.chunks
        or out.dtype != info.dtype
        or not out.flags.c_contiguous
    ):
        return False
    with _codec_errors():
        _check_size(info, _declared_size(codec.codec_id, content))
        codec.decode(content, out=out)
    return True


def read_array(
    info: ArrayInfo,
    chunk: Callable[[str], bytes | None],
    first: slice | None = None,
) -> tuple[NDArray[Any], list[str]]:
    """Assemble an array from its chunks.

    Parameters
    ----------
    info
        The description of the array.
    chunk
        Returns the stored bytes of a chunk by name, or None if it is not stored.
    first
        Only this part of dimension 0; None: all.

    Returns
    -------
    tuple
        The array, and the names of the missing chunks, which were filled with the fill value.

    Raises
    ------
    ZarrError
        As for `decode_chunk`.
    """
    start, stop = (first.start, first.stop) if first is not None else (0, info.shape[0])
    array = np.empty((stop - start, *info.shape[1:]), info.dtype.newbyteorder("="))
    missing = []
    for index in info.grid(slice(start, stop)):
        target, source = _overlap(info, index, start, stop)
        content = chunk(info.chunk_name(index))
        if content is None:
            missing.append(info.chunk_name(index))
            array[target] = info.fill
        elif not decode_into(info, content, array[target]):
            array[target] = decode_chunk(info, content)[source]
    return array, missing


def encode_chunk(content: NDArray[Any], compressor: Any) -> bytes:
    """Compress one chunk; equal input gives equal bytes.

    Blosc's threads append blocks in the order in which they finish, so they are switched off.
    """
    before = blosc.use_threads
    blosc.use_threads = False
    try:
        return bytes(compressor.encode(np.ascontiguousarray(content)))
    finally:
        blosc.use_threads = before


def _overlap(
    info: ArrayInfo, index: tuple[int, ...], start: int, stop: int
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return the part of the array that a chunk fills, and the part of the chunk that fills it."""
    low = [position * chunk for position, chunk in zip(index, info.chunks, strict=True)]
    begin = [max(low[0], start), *low[1:]]
    end = [
        min(a + chunk, length)
        for a, chunk, length in zip(low, info.chunks, (stop, *info.shape[1:]), strict=True)
    ]
    origin = [start, *(0 for _ in low[1:])]
    target = tuple(slice(b - o, e - o) for b, e, o in zip(begin, end, origin, strict=True))
    source = tuple(slice(b - a, e - a) for b, e, a in zip(begin, end, low, strict=True))
    return target, source


def _unpacked(info: ArrayInfo, content: bytes) -> Any:
    """Decompress a chunk: to exactly its size, or to a text of bounded size."""
    if info.compressor is None:
        unpacked: Any = content
    elif info.compressor.codec_id not in SIZED_CODECS:
        limit = TEXT_LIMIT if info.filters else info.chunk_bytes
        unpacked = zlib.decompressobj(ZLIB_OR_GZIP).decompress(content, limit + 1)
    else:
        # These codecs trust the size that the content declares, so it is checked before.
        _check_size(info, _declared_size(info.compressor.codec_id, content))
        unpacked = info.compressor.decode(content)
    _check_size(info, len(unpacked))
    return unpacked


@contextmanager
def _codec_errors() -> Iterator[None]:
    try:
        yield
    except ZarrError:
        raise
    except Exception as error:  # noqa: BLE001  codecs raise any type on bad bytes
        raise ZarrError(f"a chunk cannot be decoded ({error})") from None


def _check_size(info: ArrayInfo, size: int) -> None:
    if info.filters and size > TEXT_LIMIT:
        raise ZarrError(f"a text has {size} bytes, more than {TEXT_LIMIT}")
    if not info.filters and size != info.chunk_bytes:
        raise ZarrError(f"a chunk has {size} bytes; expected {info.chunk_bytes}")


def _declared_size(codec: str, content: bytes) -> int:
    """Return the unpacked size that the header of a blosc, lz4 or Zstandard chunk declares."""
    if codec == "lz4":
        return int.from_bytes(content[:4], "little")
    if codec == "blosc":
        if int.from_bytes(content[12:16], "little") != len(content):
            raise ZarrError("a chunk is truncated")
        return int.from_bytes(content[4:8], "little")
    # Zstandard frame header, RFC 8878 section 3.1.1.1.
    descriptor = content[4]
    single_segment = descriptor >> 5 & 1
    flag = descriptor >> 6
    start = 5 + (1 - single_segment) + (0, 1, 2, 4)[descriptor & 3]
    width = (single_segment, 2, 4, 8)[flag]
    if width == 0:
        raise ZarrError("a chunk does not declare its size")
    size = int.from_bytes(content[start : start + width], "little")
    return size + 256 if flag == 1 else size


def _text(info: ArrayInfo, content: Any) -> NDArray[Any]:
    for codec in reversed(info.filters):
        content = codec.decode(content)
    return np.asarray(content, dtype=object).ravel()
