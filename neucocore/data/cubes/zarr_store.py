"""Cubes that zarr opens: folders, Zarr format 3, shards, other codecs and addresses.

zarr fills chunks that are not stored without a message. They are found through the store itself:
the files of a folder, the members of a zip, the answers of a server, and the index of each shard.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.cubes.archive import DAMAGED_HINT
from neucocore.data.cubes.array_info import ArrayInfo, ZarrError, finite_fill
from neucocore.data.cubes.store_keys import StoreKeys, address_of, is_store_folder, keys_of
from neucocore.data.cubes.writing import DIMENSIONS
from neucocore.errors import ConfigError, CorruptCubeError, MissingFileError
from neucocore.files.findings import Finding
from neucocore.messages import missing_file_hint

UNSAFE_CODECS = ("pickle", "msgpack", "json2")
"""Codecs that run or build objects from the file; text is read from ``vlen-utf8`` only."""
ABSENT = 2**64 - 1
"""Offset and length of a chunk that a shard does not hold."""
INDEX_BYTES, CHECKSUM_BYTES = 16, 4
BLOSC_HEADER = 16
"""Bytes of the header of a blosc chunk; the last four are the size of the chunk."""


class ZarrStore:
    """A cube that zarr opens; see `neucocore.data.cubes.store.CubeStore`.

    Parameters
    ----------
    path
        Folder, zip or address.
    reason
        Why a zip is not read directly.
    """

    def __init__(self, path: str | Path, reason: str = "") -> None:
        import zarr

        self.path = Path(path)
        self._address = address_of(path)
        self.name = self._address or str(path)
        self.findings: list[Finding] = []
        self.reader = f"zarr {zarr.__version__}" + (f" ({reason})" if reason else "")
        if self._address is None and not self.path.exists():
            raise MissingFileError(
                f"there is no cube {self.path}", hint=missing_file_hint(self.path)
            )
        if self._address is None and self.path.is_dir() and not is_store_folder(self.path):
            raise self.corrupt(
                "it is a folder, and neither a .zarr.zip file nor a Zarr store",
                "zip its content, without a folder around it, to ID.zarr.zip",
            )
        self._keys: StoreKeys = keys_of(self.path, self._address)
        try:
            self._group = self._opened(zarr)
        except BaseException:
            self._keys.close()
            raise

    def _opened(self, zarr: Any) -> Any:
        if self._address is None and self.path.is_file():
            target: Any = zarr.storage.ZipStore(self.path, mode="r")
        else:
            target = self._address or str(self.path)
        try:
            with _without_warnings():
                return zarr.open_group(target, mode="r")
        except ImportError as error:
            raise ConfigError(
                f"cube {self.name} is at an address, which needs another package: {error}",
                hint="pip install 'fsspec[http]'",
            ) from None
        except Exception as error:  # noqa: BLE001  stores and servers raise any type
            text = str(error) or type(error).__name__
            raise self.corrupt(
                f"zarr cannot open it: {text}",
                "a cube is a Zarr group with an array bands; for a zip, zip the content of its "
                "folder",
            ) from None

    def close(self) -> None:
        """Close the store."""
        store = self._group.store
        if hasattr(store, "close"):
            store.close()
        self._keys.close()

    def corrupt(self, problem: str, hint: str = DAMAGED_HINT) -> CorruptCubeError:
        """Return the error about a problem of this file."""
        return CorruptCubeError(f"cube {self.name}: {problem}", hint=hint)

    def info(self, name: str) -> ArrayInfo | None:
        """Return the description of an array, or None if there is no such array."""
        array = self._array(name)
        if array is None:
            return None
        _check_codecs(array, self)
        dtype = _numpy_type(array)
        try:
            fill = finite_fill(_plain(array.metadata.fill_value), dtype)
        except ZarrError as error:
            raise self.corrupt(f"array {name}: {error}") from None
        return ArrayInfo(
            shape=tuple(array.shape),
            chunks=tuple(array.chunks),
            dtype=dtype,
            compressor=None,
            filters=(),
            fill=fill,
            order="C",
            separator="/",
        )

    def _array(self, name: str) -> Any:
        import zarr

        try:
            with _without_warnings():
                member = self._group[name]
        except KeyError:
            return None
        except Exception as error:  # noqa: BLE001  metadata of any content
            raise self.corrupt(f"array {name}: {error}") from None
        return member if isinstance(member, zarr.Array) else None

    def why_no_array(self, name: str) -> CorruptCubeError:
        """Return the error about a store without an array that a cube needs."""
        try:
            with _without_warnings():
                names = sorted(member for member, _ in self._group.arrays())
        except Exception:  # noqa: BLE001  an address without a listing
            names = []
        shown = f"; arrays: {', '.join(names[:5])}" if names else ""
        return self.corrupt(
            f"no array named {name!r}{shown}",
            f"a cube needs an array {name!r} with ({', '.join(DIMENSIONS)})",
        )

    def declarations(self, name: str) -> tuple[bytes, bytes, bytes, bytes]:
        """Return the metadata of the array and its group in the form of Zarr format 2."""
        array = self._array(name)
        attributes = dict(array.attrs)
        dimensions = getattr(array.metadata, "dimension_names", None)
        if dimensions and "_ARRAY_DIMENSIONS" not in attributes:
            attributes["_ARRAY_DIMENSIONS"] = list(dimensions)
        fill = _plain(array.metadata.fill_value)
        if isinstance(fill, float) and not math.isfinite(fill):
            fill = {math.inf: "Infinity", -math.inf: "-Infinity"}.get(fill, "NaN")
        described = {"zarr_format": 2, "dtype": array.dtype.str, "fill_value": fill}
        group = dict(self._group.attrs)
        return (*(_json(values) for values in (described, attributes, group)), b"")  # type: ignore[return-value]

    def read(
        self, name: str, info: ArrayInfo, first: slice | None
    ) -> tuple[NDArray[Any], list[str]]:
        """Return an array and the names of the missing chunks."""
        array = self._array(name)
        chosen = slice(0, info.shape[0]) if first is None else first
        missing = list(self._missing(name, array, chosen))
        if _has_blosc(array) and getattr(array, "shards", None) is None:
            self._check_blosc(name, array, chosen, missing)
        try:
            values = np.asarray(array[chosen] if info.shape else array[()])
        except Exception as error:  # noqa: BLE001  codecs raise any type on bad bytes
            place = self._damaged_chunk(array, info, chosen)
            text = str(error) or type(error).__name__
            raise self.corrupt(f"array {name}: {place} cannot be decoded ({text})") from None
        if values.dtype.kind in "TO":
            values = values.astype(str)
        return values.astype(values.dtype.newbyteorder("="), copy=False), missing

    def _check_blosc(self, name: str, array: Any, first: slice, missing: list[str]) -> None:
        """Refuse truncated chunks of blosc, which decodes them to other values without an error."""
        absent = set(missing)
        for key in _chunk_keys(array, tuple(array.chunks), first):
            if key in absent:
                continue
            header = self._keys.head(f"{name}/{key}", BLOSC_HEADER)
            declared = int.from_bytes(header[12:16], "little")
            if len(header) < BLOSC_HEADER or declared != self._keys.size(f"{name}/{key}"):
                raise self.corrupt(f"array {name}: chunk {key} is truncated")

    def _damaged_chunk(self, array: Any, info: ArrayInfo, first: slice) -> str:
        """Return the name of the first chunk that cannot be decoded."""
        for index in info.grid(first):
            where = tuple(
                slice(position * chunk, min((position + 1) * chunk, length))
                for position, chunk, length in zip(index, info.chunks, info.shape, strict=True)
            )
            try:
                array[where]
            except Exception:  # noqa: BLE001  as above
                return f"chunk {'/'.join(map(str, index))}"
        return "a chunk"

    def _missing(self, name: str, array: Any, first: slice) -> Iterator[str]:
        """Yield the names of chunks within `first` that are not stored, also in shards."""
        shards = getattr(array, "shards", None)
        outer = tuple(shards) if shards else tuple(array.chunks)
        for key, position in _chunk_keys(array, outer, first).items():
            if not self._keys.exists(f"{name}/{key}"):
                yield key
            elif shards:
                yield from self._missing_in_shard(f"{name}/{key}", array, position, outer)

    def _missing_in_shard(
        self, key: str, array: Any, position: tuple[int, ...], outer: tuple[int, ...]
    ) -> Iterator[str]:
        """Yield the inner chunks of a shard that its index marks as absent."""
        inner = tuple(array.chunks)
        counts = [o // i for o, i in zip(outer, inner, strict=True)]
        codec: Any = next(c for c in array.metadata.codecs if hasattr(c, "index_location"))
        size = INDEX_BYTES * math.prod(counts)
        checksums = any("crc32c" in type(c).__name__.lower() for c in codec.index_codecs)
        size += CHECKSUM_BYTES if checksums else 0
        at_end = str(getattr(codec.index_location, "value", codec.index_location)) == "end"
        content = self._keys.tail(key, size) if at_end else self._keys.head(key, size)
        if len(content) < size:
            raise self.corrupt(f"the shard {key} is truncated")
        index = np.frombuffer(content, "<u8", 2 * math.prod(counts)).reshape(*counts, 2)
        for number in zip(*np.nonzero((index == ABSENT).all(axis=-1)), strict=True):
            start = [p * n + int(k) for p, n, k in zip(position, counts, number, strict=True)]
            if all(s * i < length for s, i, length in zip(start, inner, array.shape, strict=True)):
                yield f"{key.partition('/')[2]}:{'.'.join(map(str, number))}"

    def check_all(self) -> None:
        """Decode every array except the values, which are read anyway."""
        try:
            with _without_warnings():
                names = [name for name, _ in self._group.arrays()]
        except Exception:  # noqa: BLE001  an address without a listing
            return
        for name in names:
            info = self.info(name)
            if info is not None and len(info.shape) < len(DIMENSIONS):
                self.read(name, info, None)

    def content(self) -> bytes:
        """Return names and sha256 of all files."""
        lines = [
            f"{key}\t{hashlib.sha256(content).hexdigest()}\n" for key, content in self._keys.all()
        ]
        return "".join(lines).encode()


def _chunk_keys(array: Any, chunks: tuple[int, ...], first: slice) -> dict[str, tuple[int, ...]]:
    """Return the keys of the chunks (or shards) within `first` of dimension 0, with positions."""
    ranges = [range(math.ceil(n / c)) for n, c in zip(array.shape, chunks, strict=True)]
    if ranges:
        ranges[0] = range(first.start // chunks[0], math.ceil(first.stop / chunks[0]))
    return {
        array.metadata.encode_chunk_key(position): position
        for position in itertools.product(*ranges)
    }


def _has_blosc(array: Any) -> bool:
    metadata = array.metadata
    codecs = [getattr(metadata, "compressor", None), *getattr(metadata, "codecs", ())]
    return any("blosc" in type(codec).__name__.lower() for codec in codecs)


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Silence zarr about types and metadata that its specification leaves open."""
    with warnings.catch_warnings(action="ignore"):
        yield


def _check_codecs(array: Any, store: ZarrStore) -> None:
    """Refuse codecs that build objects from the file."""
    metadata = array.metadata
    codecs = [*(getattr(metadata, "filters", None) or ()), getattr(metadata, "compressor", None)]
    codecs += list(getattr(metadata, "codecs", ()))
    for codec in codecs:
        name = str(getattr(codec, "codec_id", "") or getattr(codec, "codec_name", "") or codec)
        if any(unsafe in name.lower() for unsafe in UNSAFE_CODECS):
            raise store.corrupt(
                f"array {array.basename} has the codec {name!r}, which can run code of the file",
                "write the array with another codec, such as blosc or zstd",
            )


def _numpy_type(array: Any) -> np.dtype[Any]:
    dtype = np.dtype(array.dtype)
    return np.dtype(object) if dtype.kind in "TO" else dtype


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic | np.ndarray) else value


def _json(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, default=str).encode()
