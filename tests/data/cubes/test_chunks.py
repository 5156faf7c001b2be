"""Invalid descriptions and chunks of Zarr format 2."""

from __future__ import annotations

import json
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest
from numcodecs import VLenUTF8, Zstd

from neucocore.data.cubes.array_info import ArrayInfo, ZarrError, array_info
from neucocore.data.cubes.chunks import TEXT_LIMIT, decode_chunk, read_array

VALID = {
    "zarr_format": 2,
    "shape": [4, 3],
    "chunks": [2, 3],
    "dtype": "<i2",
    "order": "C",
    "compressor": None,
    "filters": None,
    "fill_value": 0,
}


def described(**changes: Any) -> ArrayInfo:
    return array_info(json.dumps(VALID | changes).encode())


def texts(compressor: Any = None) -> ArrayInfo:
    return described(
        shape=[2], chunks=[2], dtype="|O", filters=[{"id": "vlen-utf8"}], compressor=compressor
    )


@pytest.mark.parametrize("key", ["shape", "chunks", "dtype", "order", "compressor", "fill_value"])
def test_a_key_missing_from_a_description_is_named(key: str) -> None:
    text = json.dumps({name: value for name, value in VALID.items() if name != key})
    with pytest.raises(ZarrError, match=f"its description has no '{key}'"):
        array_info(text.encode())


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"chunks": [2]}, "have different lengths"),
        ({"chunks": [2, 0]}, r"its shape or chunks are \[2, 0\]"),
        ({"shape": "4"}, "its shape or chunks are '4'"),
        ({"dtype": "int nothing"}, "its type is 'int nothing'"),
        ({"dtype": [["a", "<i2"]]}, "its type is"),
        ({"dtype": "|O"}, r"its type is '\|O'"),
        ({"filters": [{"id": "vlen-utf8"}]}, "its type is '<i2'"),
        ({"compressor": {"id": "zstd", "levle": 3}}, "its codec zstd cannot be created"),
        ({"compressor": {"id": "vlen-utf8"}}, "its codec is 'vlen-utf8'; supported: blosc, gzip"),
        ({"fill_value": 70000}, "its fill value is 70000"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_an_invalid_description_is_an_error(changes: dict[str, Any], what: str) -> None:
    with pytest.raises(ZarrError, match=what):
        described(**changes)


@pytest.mark.parametrize("text", [b"[]", b"3", b'"x"', b"null"], ids=["list", "int", "str", "null"])
def test_a_description_must_be_an_object(text: bytes) -> None:
    with pytest.raises(ZarrError, match="not a JSON object"):
        array_info(text)


@pytest.mark.parametrize("fill", [None, "NaN", "Infinity"])
def test_a_fill_value_that_is_not_finite_becomes_zero(fill: str | None) -> None:
    array, missing = read_array(described(dtype="<f4", fill_value=fill), lambda _: None)
    assert (array.tolist(), missing) == ([[0, 0, 0]] * 4, ["0.0", "1.0"])


@pytest.mark.parametrize(
    ("rows", "chunks"),
    [((0, 1), ["0.0"]), ((1, 3), ["0.0", "1.0"]), ((2, 4), ["1.0"]), ((1, 2), ["0.0"])],
    ids=["first", "both", "second", "within"],
)
def test_a_slice_is_read_from_the_chunks_that_hold_it(
    rows: tuple[int, int], chunks: list[str]
) -> None:
    values = np.arange(12, dtype="<i2").reshape(4, 3)
    stored = {"0.0": values[:2].tobytes(), "1.0": values[2:].tobytes()}
    requested = []

    def chunk(name: str) -> bytes:
        requested.append(name)
        return stored[name]

    array, missing = read_array(described(), chunk, slice(*rows))
    assert (array.tolist(), missing) == (values[slice(*rows)].tolist(), [])
    assert requested == chunks


@pytest.mark.parametrize("size", [11, 13], ids=["short", "long"])
def test_fault_38_an_uncompressed_chunk_of_another_size_is_an_error(size: int) -> None:
    with pytest.raises(ZarrError, match=f"a chunk has {size} bytes; expected 12"):
        decode_chunk(described(), bytes(size))


@pytest.mark.parametrize("wbits", [zlib.MAX_WBITS, zlib.MAX_WBITS | 16], ids=["zlib", "gzip"])
def test_fault_19_a_deflated_chunk_is_not_unpacked_beyond_its_declared_size(wbits: int) -> None:
    pack = zlib.compressobj(wbits=wbits)
    bomb = pack.compress(bytes(20_000_000)) + pack.flush()
    codec = {"id": "zlib" if wbits == zlib.MAX_WBITS else "gzip", "level": 1}
    tracemalloc.start()
    with pytest.raises(ZarrError, match="a chunk has 13 bytes; expected 12"):
        decode_chunk(described(compressor=codec), bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_fault_19_a_chunk_that_does_not_declare_its_size_is_an_error() -> None:
    """Zstandard may omit the size; the unpacked content would then have no limit."""
    frame = b"\x28\xb5\x2f\xfd" + b"\x00" + b"\x58" + b"\x61\x00\x00" + bytes(12)
    with pytest.raises(ZarrError, match="does not declare its size"):
        decode_chunk(described(compressor={"id": "zstd", "level": 1}), frame)


@pytest.mark.parametrize("size", [12, 255, 256, 300, 65_535, 65_791, 65_792, 100_000])
def test_every_encoding_of_the_size_in_zstandard_is_read(size: int) -> None:
    values = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    info = described(
        shape=[size], chunks=[size], dtype="|u1", compressor={"id": "zstd", "level": 1}
    )
    assert decode_chunk(info, Zstd(1).encode(values)).tobytes() == values.tobytes()
    larger = described(
        shape=[size + 1], chunks=[size + 1], dtype="|u1", compressor={"id": "zstd", "level": 1}
    )
    with pytest.raises(ZarrError, match=f"a chunk has {size} bytes"):
        decode_chunk(larger, Zstd(1).encode(values))


def test_texts_are_decoded_and_invalid_ones_are_an_error() -> None:
    content = VLenUTF8().encode(np.array(["vv", "vh"], dtype=object))
    assert decode_chunk(texts(), bytes(content)).tolist() == ["vv", "vh"]
    with pytest.raises(ZarrError, match="a chunk cannot be decoded"):
        decode_chunk(texts(), b"\xff" * 9)


@pytest.mark.parametrize("compressor", [None, {"id": "zlib", "level": 1}], ids=["plain", "zlib"])
def test_fault_19_texts_have_a_maximum_size(compressor: dict[str, Any] | None) -> None:
    content = bytes(TEXT_LIMIT + 100)
    content = content if compressor is None else zlib.compress(content)
    with pytest.raises(ZarrError, match=r"a text has \d+ bytes"):
        decode_chunk(texts(compressor), content)
