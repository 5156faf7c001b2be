"""Descriptions and chunks of Zarr format 2 that were made wrong, by accident or on purpose."""

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

SOUND = {
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
    return array_info(json.dumps(SOUND | changes).encode())


def texts(compressor: Any = None) -> ArrayInfo:
    return described(
        shape=[2], chunks=[2], dtype="|O", filters=[{"id": "vlen-utf8"}], compressor=compressor
    )


@pytest.mark.parametrize("key", ["shape", "chunks", "dtype", "order", "compressor", "fill_value"])
def test_a_description_that_lacks_a_key_names_it(key: str) -> None:
    text = json.dumps({name: value for name, value in SOUND.items() if name != key})
    with pytest.raises(ZarrError, match=f"its description lacks '{key}'"):
        array_info(text.encode())


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"chunks": [2]}, "differ in length"),
        ({"chunks": [2, 0]}, r"its shape or chunks are \[2, 0\]"),
        ({"shape": "4"}, "its shape or chunks are '4'"),
        ({"dtype": "int nothing"}, "its type is 'int nothing'"),
        ({"dtype": [["a", "<i2"]]}, "its type is"),
        ({"dtype": "|O"}, r"its type is '\|O'"),
        ({"filters": [{"id": "vlen-utf8"}]}, "its type is '<i2'"),
        ({"compressor": {"id": "zstd", "levle": 3}}, "its codec zstd cannot be set up"),
        ({"compressor": {"id": "vlen-utf8"}}, "its codec is 'vlen-utf8'; known are blosc, gzip"),
        ({"fill_value": 70000}, "its fill value is 70000"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_a_description_that_makes_no_sense_says_what(changes: dict[str, Any], what: str) -> None:
    with pytest.raises(ZarrError, match=what):
        described(**changes)


@pytest.mark.parametrize("text", [b"[]", b"3", b'"x"', b"null"], ids=["list", "int", "str", "null"])
def test_a_description_is_an_object(text: bytes) -> None:
    with pytest.raises(ZarrError, match="not a JSON object"):
        array_info(text)


@pytest.mark.parametrize("fill", [None, "NaN", "Infinity"])
def test_a_fill_value_that_is_no_finite_number_counts_as_zero(fill: str | None) -> None:
    array, missing = read_array(described(dtype="<f4", fill_value=fill), lambda _: None)
    assert (array.tolist(), missing) == ([[0, 0, 0]] * 4, ["0.0", "1.0"])


@pytest.mark.parametrize(
    ("rows", "chunks"),
    [((0, 1), ["0.0"]), ((1, 3), ["0.0", "1.0"]), ((2, 4), ["1.0"]), ((1, 2), ["0.0"])],
    ids=["first", "both", "second", "within"],
)
def test_some_rows_are_read_from_the_chunks_that_hold_them(
    rows: tuple[int, int], chunks: list[str]
) -> None:
    values = np.arange(12, dtype="<i2").reshape(4, 3)
    stored = {"0.0": values[:2].tobytes(), "1.0": values[2:].tobytes()}
    asked = []

    def chunk(name: str) -> bytes:
        asked.append(name)
        return stored[name]

    array, missing = read_array(described(), chunk, slice(*rows))
    assert (array.tolist(), missing) == (values[slice(*rows)].tolist(), [])
    assert asked == chunks


@pytest.mark.parametrize("size", [11, 13], ids=["short", "long"])
def test_fault_38_a_plain_chunk_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(ZarrError, match=f"a chunk has {size} bytes where 12 are described"):
        decode_chunk(described(), bytes(size))


@pytest.mark.parametrize("wbits", [zlib.MAX_WBITS, zlib.MAX_WBITS | 16], ids=["zlib", "gzip"])
def test_fault_19_a_deflated_chunk_is_unpacked_no_further_than_described(wbits: int) -> None:
    pack = zlib.compressobj(wbits=wbits)
    bomb = pack.compress(bytes(20_000_000)) + pack.flush()
    codec = {"id": "zlib" if wbits == zlib.MAX_WBITS else "gzip", "level": 1}
    tracemalloc.start()
    with pytest.raises(ZarrError, match="a chunk has 13 bytes where 12 are described"):
        decode_chunk(described(compressor=codec), bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_fault_19_a_chunk_that_does_not_say_its_size_is_refused() -> None:
    """Zstandard may leave the size out; what is unpacked then would have no bound."""
    frame = b"\x28\xb5\x2f\xfd" + b"\x00" + b"\x58" + b"\x61\x00\x00" + bytes(12)
    with pytest.raises(ZarrError, match="does not say how long it is"):
        decode_chunk(described(compressor={"id": "zstd", "level": 1}), frame)


@pytest.mark.parametrize("size", [12, 255, 256, 300, 65_535, 65_791, 65_792, 100_000])
def test_every_way_zstandard_writes_a_size_is_understood(size: int) -> None:
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


def test_texts_are_read_and_those_that_are_none_are_named() -> None:
    content = VLenUTF8().encode(np.array(["vv", "vh"], dtype=object))
    assert decode_chunk(texts(), bytes(content)).tolist() == ["vv", "vh"]
    with pytest.raises(ZarrError, match="a chunk cannot be decoded"):
        decode_chunk(texts(), b"\xff" * 9)


@pytest.mark.parametrize("compressor", [None, {"id": "zlib", "level": 1}], ids=["plain", "zlib"])
def test_fault_19_a_text_has_a_bound_of_its_own(compressor: dict[str, Any] | None) -> None:
    content = bytes(TEXT_LIMIT + 100)
    content = content if compressor is None else zlib.compress(content)
    with pytest.raises(ZarrError, match=r"a text has \d+ bytes"):
        decode_chunk(texts(compressor), content)
