"""A column named like a scale acts on the stored integers, or the file is refused."""

from __future__ import annotations

import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from neucocore.data.embeddings.formats import load_embeddings
from neucocore.data.embeddings.scale_columns import is_scale_name
from neucocore.errors import DataError

CODES = np.random.default_rng(0).integers(-100, 100, (8, 5)).astype(np.int8)
SCALES = np.arange(1.0, 9)
INT8 = pa.int8()
IDS = [f"s{i}" for i in range(8)]


def write(path, scale=None, name="scale", footer=None, codes=CODES, kind=INT8):
    columns = {"id": IDS, "embedding": pa.array(codes.tolist(), pa.list_(kind))}
    if scale is not None:
        columns[name] = scale
    metadata = None if footer is None else {b"emb": json.dumps(footer).encode()}
    pq.write_table(pa.table(columns).replace_schema_metadata(metadata), path)
    return path


@pytest.mark.parametrize(
    "scale",
    [
        SCALES.tolist(),
        pa.array([Decimal(int(s)) for s in SCALES], pa.decimal128(10, 2)),
        pa.array(SCALES.astype("f2")),
        pa.array(SCALES.tolist()).dictionary_encode(),
    ],
    ids=["float", "decimal", "float16", "dictionary"],
)
def test_numbers_of_every_type_are_a_scale(tmp_path, scale):
    found = load_embeddings(write(tmp_path / "e.parquet", scale)).matrix
    np.testing.assert_allclose(found, CODES * SCALES[:, None])


@pytest.mark.parametrize(
    "scale",
    [
        [str(s) for s in SCALES],
        [[s] for s in SCALES],
        [[s] * 5 for s in SCALES],
        [[s] * 3 for s in SCALES],
        [{"value": s} for s in SCALES],
        [True] * 8,
        [b"1"] * 8,
    ],
    ids=["text", "list", "list of d", "wrong length", "struct", "bool", "bytes"],
)
def test_a_scale_that_is_no_column_of_numbers_is_refused(tmp_path, scale):
    with pytest.raises(DataError, match="does not hold one number per row"):
        load_embeddings(write(tmp_path / "e.parquet", scale))


@pytest.mark.parametrize(
    "name",
    ["Scale", "SCALES", "embedding_scale", "scale_factor", "ScaleFactor", "quantScale", "offset",
     "dequant-scale", "zero_point", "scaling"],
)  # fmt: skip
def test_other_names_of_a_scale_are_refused_with_the_name_to_use(tmp_path, name):
    for found in (write(tmp_path / "e.parquet", SCALES, name), tmp_path / "e.npz"):
        np.savez(tmp_path / "e.npz", ids=IDS, matrix=CODES, **{name: SCALES})
        if found.suffix == ".npz" and name == "offset":
            continue  # refused by another rule
        with pytest.raises(DataError, match="named like a scale") as caught:
            load_embeddings(found)
        assert "rename it to 'scale'" in str(caught.value.hint)


def test_other_columns_are_not_named_like_a_scale():
    for name in ("grayscale", "upscaled", "escalation", "fullscale_x", "label", "quantity"):
        assert not is_scale_name(name)


def test_a_scale_in_the_footer_and_a_column_are_refused(tmp_path):
    footer = {"quantization": {"scale": 0.5}}
    with pytest.raises(DataError, match="in addition to the scale that is used"):
        load_embeddings(write(tmp_path / "e.parquet", SCALES, footer=footer))
    named = {"quantization": {"scale": {"type": "array", "array_name": "scale"}}}
    load_embeddings(write(tmp_path / "e.parquet", SCALES, footer=named))


def test_small_integers_of_a_csv_file_next_to_a_scale_are_refused(tmp_path):
    for codes, refused in ((CODES, True), (CODES + 0.5, False)):
        lines = ["id,0,1,2,3,4,my_scale"]
        lines += [",".join(map(str, [i, *row, 0.5])) for i, row in zip(IDS, codes, strict=True)]
        (tmp_path / "e.csv").write_text("\n".join(lines))
        if refused:
            with pytest.raises(DataError, match="small integers next to a column of a scale"):
                load_embeddings(tmp_path / "e.csv")
        else:
            assert load_embeddings(tmp_path / "e.csv").dimension == 5


def test_codes_stored_as_floats_next_to_a_scale_are_refused(tmp_path):
    path = write(tmp_path / "e.parquet", SCALES, kind=pa.float32())
    with pytest.raises(DataError, match="small integers next to a column of a scale"):
        load_embeddings(path)


@pytest.mark.parametrize("other", ["scaled", "float"])
def test_parts_of_integers_without_a_scale_are_refused(tmp_path, other):
    write(tmp_path / "a.parquet", codes=CODES)
    if other == "scaled":
        write(tmp_path / "b.parquet", SCALES)
    else:
        write(tmp_path / "b.parquet", codes=CODES / 3, kind=pa.float32())
    with pytest.raises(DataError, match=r"integers without a scale, .*b\.parquet.*a\.parquet"):
        load_embeddings(tmp_path)


def test_a_scale_of_zero_is_refused_where_it_removes_values(tmp_path):
    scales = SCALES.copy()
    scales[3] = 0
    with pytest.raises(DataError, match="a scale of 0 makes other values 0: row 4"):
        load_embeddings(write(tmp_path / "e.parquet", scales))
    with pytest.raises(DataError, match="scale is 0"):
        load_embeddings(write(tmp_path / "e.parquet", footer={"quantization": {"scale": 0}}))
    np.savez(tmp_path / "e.npz", ids=IDS, matrix=CODES, scale=np.float32([[1, 1, 0, 1, 1]]))
    with pytest.raises(DataError, match="a scale of 0"):
        load_embeddings(tmp_path / "e.npz")
    zeros = CODES.copy()
    zeros[3] = 0
    assert not load_embeddings(write(tmp_path / "e.parquet", scales, codes=zeros)).matrix[3].any()
