from __future__ import annotations

import itertools
import zipfile

import numcodecs
import numpy as np
import pytest
import zarr
from numcodecs import GZip, Zlib, Zstd
from zarr.storage import ZipStore

from neucocore.data.cubes.archive import BLOCK, CubeArchive
from neucocore.data.cubes.digest import cube_digest
from neucocore.data.cubes.file import CubeFile, read_modality
from neucocore.data.cubes.schema import CubeSchema
from neucocore.data.cubes.writing import write_modality
from neucocore.errors import ConfigError, CorruptCubeError, MissingFileError


def write_with_zarr(path, array, **how):
    with ZipStore(path, mode="w") as store:
        group = zarr.create_group(store, zarr_format=2)
        stored = group.create_array(
            "bands", shape=array.shape, dtype=array.dtype, **({"chunks": array.shape} | how)
        )
        stored[:] = array


@pytest.mark.parametrize(
    "how",
    [
        {"compressors": None},
        {"compressors": numcodecs.Blosc("lz4", 5, numcodecs.Blosc.BITSHUFFLE)},
        {"compressors": Zstd(3)},
        {"compressors": Zlib(1)},
        {"compressors": GZip(1)},
        {"compressors": numcodecs.LZ4()},
        {"order": "F"},
        {"chunks": (1, 2, 2, 5, 3)},
        {"chunks": (1, 1, 3, 7, 7), "compressors": None},
        {"chunk_key_encoding": {"name": "v2", "separator": "/"}},
    ],
    ids=lambda how: ",".join(how) + str(next(iter(how.values())))[:30],
)
@pytest.mark.parametrize("dtype", ["<i2", ">u2", "<f4"])
def test_files_written_by_zarr_are_read_with_equal_values(tmp_path, how, dtype):
    array = np.random.default_rng(0).integers(1, 9000, (1, 3, 3, 7, 7)).astype(dtype)
    path = tmp_path / "a.zarr.zip"
    write_with_zarr(path, array, **how)
    read, findings = read_modality(path)
    np.testing.assert_array_equal(read, array[0])
    assert read.dtype == array.dtype.newbyteorder("=")
    assert findings == []


def test_a_zip_with_deflated_members_is_read(cube_file):
    before, _ = read_modality(cube_file)
    with zipfile.ZipFile(cube_file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(cube_file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    np.testing.assert_array_equal(read_modality(cube_file)[0], before)


@pytest.mark.parametrize("chunk", [1, 2, 4])
def test_each_sample_of_a_file_is_read_on_its_own(tmp_path, chunk):
    array = np.arange(5 * 2 * 1 * 3 * 3, dtype=np.int16).reshape(5, 2, 1, 3, 3)
    path = tmp_path / "a.zarr.zip"
    write_with_zarr(path, array, chunks=(chunk, 2, 1, 3, 3), fill_value=-1)
    with CubeFile(path) as file:
        assert (file.samples, file.shape, file.dtype) == (5, (2, 1, 3, 3), np.dtype("int16"))
        for sample, expected in enumerate(array):
            np.testing.assert_array_equal(file.read(sample)[0], expected)
        with pytest.raises(CorruptCubeError, match="there is no sample 5, the file holds 5"):
            file.read(5)


@pytest.mark.parametrize("compressors", [None, Zstd(1), Zlib(1), numcodecs.Blosc()], ids=str)
def test_band_names_are_read_from_fixed_and_variable_length_text(
    tmp_path, cube_file, bands, compressors
):
    with CubeFile(cube_file) as file:
        assert file.bands == bands["s2l2a"]
    path = tmp_path / "variable.zarr.zip"
    array = np.ones((1, 1, 2, 4, 4), dtype=np.int16)
    array[..., 0, 0] = 2
    with ZipStore(path, mode="w") as store:
        group = zarr.create_group(store, zarr_format=2)
        group.create_array("bands", data=array)
        names = group.create_array("band", shape=(2,), dtype=str, compressors=compressors)
        names[:] = np.array(["vv", "vh"], dtype=object)
    with CubeFile(path) as file:
        assert file.bands == ("vv", "vh")


def test_a_missing_file_and_an_unknown_policy_are_errors(tmp_path, cube_file):
    with pytest.raises(MissingFileError, match=r"there is no cube .*nowhere\.zarr\.zip"):
        read_modality(tmp_path / "nowhere.zarr.zip")
    with pytest.raises(ConfigError, match="missing_chunks is 'zero'"):
        read_modality(cube_file, missing_chunks="zero")


# Fault 37: files that are not cubes


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "the file is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\n", "git-LFS pointer"),
        (b"\xef\xbb\xbf  <!DOCTYPE html><html>503</html>", "web page"),
        (b"<html><body>not found", "web page"),
        (b"\x00\x01\x02\x03 no zip at all", "not a zip archive"),
    ],
)
def test_fault_37_a_file_that_is_not_a_zip_is_an_error(tmp_path, content, what):
    path = tmp_path / "a.zarr.zip"
    path.write_bytes(content)
    with pytest.raises(CorruptCubeError, match=what):
        read_modality(path)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.999])
def test_fault_37_a_truncated_zip_is_an_error(cube_file, share):
    content = cube_file.read_bytes()
    cube_file.write_bytes(content[: int(share * len(content))])
    with pytest.raises(CorruptCubeError, match="zip is truncated"):
        read_modality(cube_file)


def test_fault_37_a_cube_in_a_folder_of_its_zip_is_an_error(cube_file, rezip):
    rezip(cube_file, {}, prefix="cube.zarr/")
    with pytest.raises(CorruptCubeError, match=r"is in the folder cube\.zarr/ of the zip"):
        read_modality(cube_file)


def test_fault_37_a_folder_and_a_zip_without_a_cube_are_errors(tmp_path):
    (tmp_path / "folder.zarr.zip").mkdir()
    with pytest.raises(CorruptCubeError, match="is a folder"):
        read_modality(tmp_path / "folder.zarr.zip")
    with zipfile.ZipFile(tmp_path / "other.zarr.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(CorruptCubeError, match=r"no array named 'bands'; .* readme\.txt"):
        read_modality(tmp_path / "other.zarr.zip")


def test_a_zip_of_zarr_format_3_without_bands_is_an_error(tmp_path):
    with ZipStore(tmp_path / "a.zarr.zip", mode="w") as store:
        zarr.create_group(store, zarr_format=3)
    with pytest.raises(CorruptCubeError, match="no array named 'bands'"):
        read_modality(tmp_path / "a.zarr.zip")


# Fault 38: flipped bytes


def test_fault_38_a_flipped_byte_never_changes_a_value(tmp_path):
    """Flip a bit in every seventh byte: the file is invalid, or read as before."""
    path = tmp_path / "a.zarr.zip"
    write_modality(path, np.arange(36, dtype=np.int16).reshape(1, 1, 6, 6), ["B04"])
    content = path.read_bytes()
    expected, _ = read_modality(path)
    invalid = 0
    positions = range(0, len(content), 7)
    for position, bit in zip(positions, itertools.cycle(range(8)), strict=False):
        broken = bytearray(content)
        broken[position] ^= 1 << bit
        path.write_bytes(broken)
        try:
            with CubeFile(path) as file:
                file.check_all()
                read, _ = file.read()
        except CorruptCubeError:
            invalid += 1
            continue
        np.testing.assert_array_equal(read, expected)
    # The other bytes do not matter for reading: times, versions, permissions.
    assert invalid > 0.8 * len(positions)


def test_fault_38_a_flipped_byte_in_a_chunk_is_an_error(cube_file):
    with zipfile.ZipFile(cube_file) as archive:
        info = archive.getinfo("bands/0.1.0.0.0")
    content = bytearray(cube_file.read_bytes())
    content[info.header_offset + 30 + len(info.filename) + 40] ^= 0x10
    cube_file.write_bytes(content)
    with pytest.raises(CorruptCubeError, match=r"bands/0\.1\.0\.0\.0 does not match its checksum"):
        read_modality(cube_file)


def test_a_chunk_that_cannot_be_decoded_despite_a_valid_checksum_is_an_error(cube_file, rezip):
    rezip(cube_file, {"bands/0.0.0.0.0": b"\x02\x01\x91\x02" + bytes(40)})
    with pytest.raises(CorruptCubeError, match="array bands: a chunk"):
        read_modality(cube_file)


def test_fault_38_a_chunk_truncated_before_zipping_is_an_error(cube_file, rezip):
    with zipfile.ZipFile(cube_file) as archive:
        chunk = archive.read("bands/0.0.0.0.0")
    rezip(cube_file, {"bands/0.0.0.0.0": chunk[:-10]})
    with pytest.raises(CorruptCubeError, match="a chunk is truncated"):
        read_modality(cube_file)


# Fault 39: missing chunks


def test_fault_39_a_missing_chunk_is_an_error_a_warning_or_filled(cube_file, rezip):
    complete, _ = read_modality(cube_file)
    rezip(cube_file, {"bands/0.1.0.0.0": None})
    with pytest.raises(CorruptCubeError, match=r"1 chunk missing: 0\.1\.0\.0\.0") as caught:
        read_modality(cube_file)
    assert "--missing-chunks" in str(caught.value.hint)
    for policy, level in (("warn", "warning"), ("fill", "repaired")):
        array, findings = read_modality(cube_file, missing_chunks=policy)
        np.testing.assert_array_equal(array[0], complete[0])
        assert (array[1] == 0).all()
        assert [(f.code, f.level) for f in findings] == [
            ("missing-chunk", level),
            ("zero-season", "warning"),
        ]


def test_fault_39_a_missing_chunk_is_filled_with_zero_if_the_fill_value_is_nan(
    tmp_path, values, rezip
):
    path = tmp_path / "a.zarr.zip"
    write_modality(path, values("s1"), ["vv", "vh"])
    rezip(path, {"bands/0.2.0.0.0": None})
    array, _ = read_modality(path, missing_chunks="fill")
    assert (array[2] == 0).all()
    assert np.isfinite(array).all()


def test_fault_39_a_missing_chunk_is_filled_with_the_fill_value_of_the_file(tmp_path):
    array = np.full((1, 2, 1, 4, 4), 7, dtype=np.int16)
    array[0, 0] = np.arange(16).reshape(4, 4)
    path = tmp_path / "a.zarr.zip"
    # zarr omits chunks that equal the fill value.
    write_with_zarr(path, array, chunks=(1, 1, 1, 4, 4), fill_value=7)
    schema = CubeSchema(nodata=7)
    read, _ = read_modality(path, schema, missing_chunks="fill")
    np.testing.assert_array_equal(read, array[0])
    with pytest.raises(CorruptCubeError, match=r"equal to the declared no-data value 7;.*17 times"):
        read_modality(path, missing_chunks="fill")


# Fault 40: duplicate members


def test_fault_40_a_duplicate_member_is_a_warning_and_the_last_one_is_used(cube_file):
    with zipfile.ZipFile(cube_file) as archive:
        second = archive.read("bands/0.1.0.0.0")
    with (
        pytest.warns(UserWarning, match="Duplicate name"),
        zipfile.ZipFile(cube_file, "a") as archive,
    ):
        archive.writestr("bands/0.0.0.0.0", second)
    array, findings = read_modality(cube_file)
    np.testing.assert_array_equal(array[0], array[1])
    assert [str(f) for f in findings] == [
        "the zip holds a member more than once; the last one is used: bands/0.0.0.0.0"
    ]


# Fault 41: bands, types, NaN, shapes


@pytest.mark.parametrize(
    ("schema", "what"),
    [
        (CubeSchema(bands=("B02", "B01")), "its 12 bands are B01 B02 .*, not B02 B01"),
        (CubeSchema(kind="float"), "its values are int16, but the data set declares float values"),
    ],
)
def test_fault_41_wrong_bands_and_types_are_errors(cube_file, schema, what):
    with pytest.raises(CorruptCubeError, match=what):
        read_modality(cube_file, schema)


def test_fault_41_swapped_bands_are_an_error(cube_file, bands):
    swapped = list(bands["s2l2a"])
    swapped[1], swapped[3] = swapped[3], swapped[1]
    with pytest.raises(CorruptCubeError, match="its 12 bands are B01 B02 B03 B04"):
        read_modality(cube_file, CubeSchema(bands=tuple(swapped)))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_fault_41_values_that_are_not_finite_are_an_error(tmp_path, dtype, bad):
    array = np.linspace(-20, -5, 4 * 2 * 9).reshape(4, 2, 3, 3).astype(dtype)
    array[3, 1, 2, 2] = bad
    path = tmp_path / "a.zarr.zip"
    write_modality(path, array, ["vv", "vh"])
    with pytest.raises(CorruptCubeError, match="NaN or infinite values"):
        read_modality(path)


def test_fault_41_other_numbers_of_seasons_and_pixels_are_warnings(cube_file):
    _, findings = read_modality(cube_file, CubeSchema(seasons=4, size=264))
    assert [str(f) for f in findings] == [
        "2 seasons; the data set has 4",
        "8 x 8 pixels; the data set has 264 x 264",
    ]
    assert {f.level for f in findings} == {"warning"}


def test_an_array_without_five_dimensions_is_an_error(tmp_path):
    path = tmp_path / "a.zarr.zip"
    write_with_zarr(path, np.ones((2, 3, 4), dtype=np.int16))
    with pytest.raises(CorruptCubeError, match=r"shape \(2, 3, 4\), not \(sample, time, band"):
        read_modality(path)


def test_dimensions_in_another_order_are_an_error(cube_file, rezip):
    other = b'{"_ARRAY_DIMENSIONS": ["sample", "band", "time", "y", "x"]}'
    rezip(cube_file, {"bands/.zattrs": other})
    with pytest.raises(CorruptCubeError, match="has dimensions"):
        read_modality(cube_file)


# Fault 43: seasons without information


def test_fault_43_zero_and_constant_seasons_are_counted(tmp_path, values, bands):
    array = values("s2l2a")
    array[1], array[2], array[3] = 0, 0, 5
    path = tmp_path / "a.zarr.zip"
    write_modality(path, array, bands["s2l2a"])
    _, findings = read_modality(path)
    assert [str(f) for f in findings] == [
        "season is zero everywhere (2 times): season 1, season 2",
        "season has the same value everywhere: season 3",
    ]


# Malicious files


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../outside", "bands/../../x", "C:\\x", "bands\\x"]
)
def test_fault_19_absolute_member_names_and_parent_folders_are_errors(cube_file, rezip, name):
    rezip(cube_file, {name: b"x"})
    with pytest.raises(CorruptCubeError, match="unsafe member name"):
        read_modality(cube_file)


def test_fault_19_a_member_above_its_maximum_size_is_an_error(cube_file):
    with zipfile.ZipFile(cube_file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["bands/0.0.0.0.0"] = bytes(50_000_000)
    with zipfile.ZipFile(cube_file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(CorruptCubeError, match="claims 50000000 bytes; at most"):
        read_modality(cube_file)


def test_fault_19_a_member_larger_than_declared_is_an_error(tmp_path, cube_file):
    """The directory declares too small a size; unpacking stops there."""
    with zipfile.ZipFile(cube_file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bands/.zarray", b" " * 1_000_000)
    content = bytearray(cube_file.read_bytes())
    directory = content.rfind(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (100).to_bytes(4, "little")
    cube_file.write_bytes(content)
    with pytest.raises(CorruptCubeError, match="does not match its checksum"):
        read_modality(cube_file)


def test_fault_19_a_zip_bomb_next_to_the_cube_is_checked_in_small_blocks(cube_file):
    with zipfile.ZipFile(cube_file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("extra.bin", bytes(30_000_000))
    with CubeArchive(cube_file) as archive:
        archive.check_all()
        blocks = archive._blocks("extra.bin", archive.members["extra.bin"])
        sizes = [len(block) for block in blocks]
    assert sum(sizes) == 30_000_000
    assert max(sizes) <= BLOCK


def test_a_coordinate_with_an_implausible_shape_is_an_error(tmp_path, values, rezip):
    path = tmp_path / "a.zarr.zip"
    places = {"center_lat": (("sample",), np.array([1.5]))}
    write_modality(path, values("s1"), ["vv", "vh"], coordinates=places)
    with zipfile.ZipFile(path) as archive:
        text = archive.read("center_lat/.zarray")
    with CubeFile(path) as file:
        np.testing.assert_array_equal(file.coordinate("center_lat"), [1.5])
        assert file.coordinate("center_lon") is None
    for shape in (b"[999999999999]", b"[]"):
        start, stop = text.index(b'"shape"'), text.index(b'"zarr_format"')
        claim = text[:start] + b'"shape": ' + shape + b", " + text[stop:]
        if shape == b"[]":
            claim = claim.replace(b'"chunks": [\n        1\n    ]', b'"chunks": []')
        rezip(path, {"center_lat/.zarray": claim})
        with (
            CubeFile(path) as file,
            pytest.raises(CorruptCubeError, match="array center_lat has shape"),
        ):
            file.coordinate("center_lat")


def test_fault_19_overlapping_members_are_an_error(cube_file):
    content = bytearray(cube_file.read_bytes())
    with zipfile.ZipFile(cube_file) as archive:
        first, second = archive.infolist()[:2]
    directory = content.find(b"PK\x01\x02")
    following = content.find(b"PK\x01\x02", directory + 1)
    content[following + 42 : following + 46] = first.header_offset.to_bytes(4, "little")
    cube_file.write_bytes(content)
    assert second.header_offset != first.header_offset
    with pytest.raises(CorruptCubeError, match=r"overlaps another|wrong position"):
        read_modality(cube_file)


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (b'"shape": [\n        1', b'"shape": [\n        1', None),
        (b'"zarr_format": 2', b'"zarr_format": 3', "its Zarr format is 3"),
        (b'"<i2"', b'"|O"', "its type is '|O'"),
        (b'"id": "blosc"', b'"id": "pickle"', "its codec is 'pickle'"),
        (b'"order": "C"', b'"order": "Z"', "its order is 'Z'"),
        (b'"filters": null', b'"filters": [{"id": "pickle"}]', "its codec is 'pickle'"),
        (b"        8,\n        8", b"        800000,\n        800000", "more than"),
        (b"        8,\n        8", b"        -8,\n        8", "its shape or chunks"),
        (b"{", b"[", "not JSON"),
        (b'"<i2"', b'",i"', "its type is ',i'"),
        (b'"filters": null', b'"filters": 1', "its filters are 1"),
        (b'"filters": null', b'"filters": [["delta"]]', r"its codec is \['delta'\]"),
        (b'"fill_value": null', b'"fill_value": [1, 2]', r"its fill value is \[1, 2\]"),
        (b'"order": "C"', b'"order": "C", "dimension_separator": 1', "separator is 1"),
        (b'"order": "C"', b'"order": "C", "dimension_separator": null', None),
        (b"        8,\n        8", b"        8,\n        true", "its shape or chunks"),
        (b'"order": "C"', b'"x": ' + b"[" * 100_000 + b"]" * 100_000, "not JSON"),
    ],
    ids=lambda value: value[:40] if isinstance(value, bytes) else None,
)
def test_descriptions_that_cannot_be_trusted_are_errors(cube_file, rezip, before, after, what):
    with zipfile.ZipFile(cube_file) as archive:
        text = archive.read("bands/.zarray")
    assert before in text
    rezip(cube_file, {"bands/.zarray": text.replace(before, after)})
    if what is None:
        read_modality(cube_file)
        return
    with pytest.raises(CorruptCubeError, match=what.replace("|", r"\|")):
        read_modality(cube_file)


@pytest.mark.parametrize("dimensions", ["5", '["sample", "time", "y", "x", "band"]'])
def test_dimensions_other_than_those_of_a_cube_are_an_error(cube_file, rezip, dimensions):
    rezip(cube_file, {"bands/.zattrs": f'{{"_ARRAY_DIMENSIONS": {dimensions}}}'.encode()})
    with pytest.raises(CorruptCubeError, match="array bands has dimensions"):
        read_modality(cube_file)


def chunk_declaring(codec: str, size: int) -> bytes:
    """Return a chunk that declares `size` bytes, as a decompression bomb does."""
    if codec == "blosc":
        return b"\x02\x01\x21\x02" + size.to_bytes(4, "little") + bytes(4) + b"\x10\x00\x00\x00"
    if codec == "lz4":
        return size.to_bytes(4, "little") + bytes(12)
    return b"\x28\xb5\x2f\xfd\xa0" + size.to_bytes(4, "little") + bytes(8)


@pytest.mark.parametrize("codec", ["blosc", "lz4", "zstd"])
def test_fault_19_a_chunk_with_too_large_a_declared_size_is_not_unpacked(cube_file, rezip, codec):
    with zipfile.ZipFile(cube_file) as archive:
        text = archive.read("bands/.zarray").replace(b'"blosc"', f'"{codec}"'.encode())
    if codec != "blosc":
        start, stop = text.index(b'"compressor"'), text.index(b'"dtype"')
        text = text[:start] + f'"compressor": {{"id": "{codec}"}}, '.encode() + text[stop:]
    rezip(cube_file, {"bands/.zarray": text, "bands/0.0.0.0.0": chunk_declaring(codec, 2**31 - 1)})
    with pytest.raises(CorruptCubeError, match="2147483647 bytes; expected 1536"):
        read_modality(cube_file)


# Digests


def test_the_digest_depends_on_the_content_only(tmp_path, cube_file, values, bands):
    digest = cube_digest([cube_file])
    copy = tmp_path / "elsewhere" / "renamed.zarr.zip"
    copy.parent.mkdir()
    copy.write_bytes(cube_file.read_bytes())
    assert cube_digest([copy]) == digest
    changed = values("s2l2a", seasons=2, size=8)
    changed[0, 0, 0, 0] += 1
    write_modality(copy, changed, bands["s2l2a"])
    assert cube_digest([copy]) != digest
    assert cube_digest([cube_file, copy]) != cube_digest([copy, cube_file])
