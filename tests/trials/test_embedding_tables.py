"""Tables of embeddings as people have them, on the real command line (rules 1 to 4)."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

N, D = 300, 16
RNG = np.random.default_rng(0)
IDS = [f"s{row:04d}" for row in range(N)]
X = RNG.normal(size=(N, D)).astype("f4")
Y = X[:, 0] + 0.5 * RNG.normal(size=N)
NOISE = np.random.default_rng(9).normal(size=(N, D)).astype("f4")
DIMENSIONS = [f"A{number:02d}" for number in range(D)]


@pytest.fixture
def labels(write_csv):
    """Write one label file, and return its folder."""

    def write(ids=IDS, y=Y):
        return write_csv("L/y__regr.csv", ["id", "label"], zip(ids, y, strict=True)).parent

    return write


@pytest.fixture
def score(neuco, labels, tmp_path):
    """Evaluate; return how the command ended and the score, None if there is none."""

    def run(file, *options, **of_labels):
        folder = labels(**of_labels)
        ended = neuco(
            "evaluate", file, "--labels", folder, "-o", tmp_path / "out", "--json", *options
        )
        return ended, json.loads(ended.out)[0]["score"] if ended.code == 0 else None

    return run


def parquet(path, columns):
    pq.write_table(pa.table(columns), path)
    return path


def lists(matrix, kind=None):
    return pa.array(matrix.tolist(), kind or pa.list_(pa.float32()))


@pytest.mark.parametrize("name", ["label", "biomass", "target", "y", "A_mean_label"])
@pytest.mark.parametrize("form", ["csv", "wide parquet", "list parquet"])
def test_a_label_among_the_columns_is_metadata(score, write_csv, tmp_path, name, form):
    if form == "csv":
        rows = ([i, *x, t] for i, x, t in zip(IDS, NOISE, Y, strict=True))
        file = write_csv("E.csv", ["id", *DIMENSIONS, name], rows)
    else:
        wide = dict(zip(DIMENSIONS, NOISE.T, strict=True))
        vectors = wide if form == "wide parquet" else {"embedding": lists(NOISE)}
        file = parquet(tmp_path / "E.parquet", {"id": IDS, **vectors, name: Y})
    ended, value = score(file)
    if name == "A_mean_label" and form != "list parquet":
        assert "named like the dimensions" in ended.err or value < 0.1
        return
    assert value < 0.1
    assert f"1 metadata column (not read as dimensions): {name!r}" in ended.err


def test_an_earth_engine_export_is_read_with_its_properties_as_metadata(score, write_csv):
    header = ["system:index", *DIMENSIONS, "lon", "lat", "year", "fold", ".geo"]
    rows = [[i, *x, 1.5, t, 2020, k % 5, '{"type":"Point"}']
            for k, (i, x, t) in enumerate(zip(IDS, NOISE, Y, strict=True))]  # fmt: skip
    ended, value = score(write_csv("E.csv", header, rows))
    assert value < 0.1
    assert "read as Earth Engine: id from 'system:index', 16 dimensions, 5 metadata" in ended.err
    assert ended.err.count("metadata column") == 1


def test_vectors_as_text_are_called_so_once(score, write_csv):
    file = write_csv(
        "E.csv", ["id", "embedding"], [[i, str(x)] for i, x in zip(IDS, X, strict=True)]
    )
    ended, _ = score(file)
    assert ended.code == 4
    assert ended.err.count("the vector is text in one cell of column 'embedding'") == 1
    assert "pandas.DataFrame" in ended.err


def test_vectors_as_json_text_score_as_numbers(score, write_csv):
    rows = [[i, json.dumps(x.tolist())] for i, x in zip(IDS, X, strict=True)]
    as_text = score(write_csv("E.csv", ["id", "embedding"], rows))[1]
    rows = ([i, *x] for i, x in zip(IDS, X, strict=True))
    assert as_text == score(write_csv("F.csv", ["id", *range(D)], rows))[1]


def test_a_product_without_an_id_column_is_read_by_its_layout(score, tmp_path):
    columns = {
        "source_url": [f"s3://tiles/{i}.tif" for i in IDS],
        "date": ["2021-06-01"] * N,
        "embeddings": lists(X),
        "bbox": lists(RNG.uniform(size=(N, 4)), pa.list_(pa.float64())),
        "__index_level_0__": pa.array(range(N), pa.int64()),
    }
    ended, value = score(parquet(tmp_path / "E.parquet", columns))
    assert value > 0.7
    assert "read as Clay: id from 'source_url', 16 dimensions from 'embeddings'" in ended.err
    assert "folders and file suffix removed from an id (300 times)" in ended.err
    columns["source_url"][7] = columns["source_url"][8]
    ended, _ = score(parquet(tmp_path / "E.parquet", columns))
    assert "id occurs more than once: s0008 (row 8, row 9)" in ended.err


def test_one_scale_per_row_of_a_square_matrix_is_not_read_as_one_per_column(score, tmp_path):
    ids = IDS[:128]
    values = np.random.default_rng(3).normal(size=(128, 128))
    values *= np.exp(np.random.default_rng(4).normal(size=128))[:, None]
    scale = np.abs(values).max(1) / 127
    codes = np.rint(values / scale[:, None]).astype("i1")
    file = tmp_path / "E.npz"
    np.savez(file, ids=np.array(ids), matrix=codes, scale=scale.astype("f4"))
    ended, _ = score(file, ids=ids, y=values[:, 0])
    assert ended.code == 4
    assert "128 numbers for 128 rows of 128 dimensions" in ended.err
    np.savez(file, ids=np.array(ids), matrix=codes, scale=scale.astype("f4")[:, None])
    assert score(file, ids=ids, y=values[:, 0])[1] > 0.5


def test_unknown_quantisation_is_refused_and_the_known_forms_are_read(score, tmp_path):
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    power = np.rint(np.sign(unit) * np.sqrt(np.abs(unit)) * 127.5).clip(-127, 127).astype("i1")
    linear = np.rint(X * 40).clip(-127, 127).astype("i1")
    scalar = {"type": "scalar", "scale": 0.025, "offset": 0}
    file = tmp_path / "E.npz"
    for codes, rule, works in (
        (power, {"method": "sqrt", "scale": 1 / 127.5}, False),
        (power, {"method": "aef"}, True),
        (linear, {"method": "linear", "scale": scalar}, True),
        (linear, {"method": "linear", "scale": "0.025"}, False),
        (linear, {"method": "linear", "scale": [[1, 2], [3]]}, False),
    ):
        metadata = np.array(json.dumps({"quantization": rule}))
        np.savez(file, ids=np.array(IDS), matrix=codes, metadata=metadata)
        ended, value = score(file)
        assert ended.code == (0 if works else 4), rule
        assert works is False or value > 0.5, rule
        assert "Traceback" not in ended.err


def test_rows_without_data_are_refused_or_left_out(neuco, score, tmp_path):
    values = X.copy()
    values[10:25] = -9999
    file = tmp_path / "E.npz"
    np.savez(file, ids=np.array(IDS), matrix=values)
    ended, _ = score(file)
    assert ended.code == 4
    assert "all 16 dimensions are -9999 (15 times): s0010, s0011, s0012, ..." in ended.err
    ended, value = score(file, "--drop-no-data", "--allow-missing")
    assert value > 0.7
    assert "row without data left out" in ended.err
    assert "15" in ended.err
    ended = neuco("convert", file, tmp_path / "clean.parquet", "--drop-no-data")
    assert ended.code == 0
    assert neuco("validate", tmp_path / "clean.parquet").code == 0


@pytest.mark.parametrize("noise", [0, 1e-4])
def test_copies_under_other_ids_are_reported_by_validate_and_evaluate(
    neuco, score, write_csv, noise
):
    rng = np.random.default_rng(5)
    half = rng.normal(size=(150, 400))
    both = np.r_[half, half * (1 + noise * rng.normal(size=half.shape))]
    ids = [f"a{k}" for k in range(150)] + [f"b{k}" for k in range(150)]
    target = rng.normal(size=150)
    rows = ([i, *x] for i, x in zip(ids, both, strict=True))
    file = write_csv("E.csv", ["id", *range(400)], rows)
    checked = neuco("validate", file)
    assert checked.code == 0
    assert ("(300 times): a0 = b0" if noise == 0 else "(150 times): a0 ~ b0") in checked.out
    ended, _ = score(file, ids=ids, y=np.r_[target, target])
    assert "label" in ended.err


@pytest.mark.parametrize("command", ["evaluate", "validate", "inspect", "convert"])
def test_the_columns_of_ids_and_vectors_can_be_named_in_every_command(
    neuco, labels, write_csv, tmp_path, command
):
    header = ["plot", *[f"B{k}" for k in (2, 3, 4)], "B8A", "biomass"]
    rows = ([i, *x[:4], t] for i, x, t in zip(IDS, X, Y, strict=True))
    file = write_csv("E.csv", header, rows)
    words = {
        "evaluate": ["--labels", labels(), "-o", tmp_path / "out"],
        "convert": [tmp_path / "out.npz"],
    }.get(command, [])
    assert neuco(command, file, *words).code == 4
    assert neuco(command, file, *words, "--id", "plot", "--vector", "B*").code == 0
    if command == "convert":
        words = [tmp_path / "other.npz"]
    assert neuco(command, f"{file}:B2,B8A", *words, "--id", "plot").code == 0
    if command == "convert":
        words = [tmp_path / "third.npz"]
    ended = neuco(command, f"{file}:B2", *words, "--vector", "B3")
    assert (ended.code, "both name the columns" in ended.err) == (2, True)


@pytest.mark.parametrize("form", ["vector", "FILE:COLUMN"])
def test_a_run_file_names_the_columns_of_ids_and_vectors(neuco, labels, write_csv, tmp_path, form):
    rows = ([i, *x[:3], t] for i, x, t in zip(IDS, X, Y, strict=True))
    write_csv("E.csv", ["plot", "ndvi_mean", "vv_p10", "vh_p90", "biomass"], rows)
    labels()
    columns = "ndvi_mean,vv_p10,vh_p90"
    named = f"embeddings: [E.csv]\nvector: {columns}\n"
    if form == "FILE:COLUMN":
        named = f'embeddings: ["E.csv:{columns}"]\n'
    (tmp_path / "run.yaml").write_text(f"name: columns\nlabels: L\noutput: out\nid: plot\n{named}")
    ended = neuco("run", tmp_path / "run.yaml")
    assert ended.code == 0, ended.err
    (result,) = (tmp_path / "out").rglob("results_summary.json")
    assert json.loads(result.read_text())["overall_q_score"] > 0.5


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz"])
@pytest.mark.parametrize("empty", ["rows", "columns"])
@pytest.mark.parametrize("command", ["evaluate", "validate", "inspect", "convert"])
def test_embeddings_without_rows_or_columns_are_one_message(
    neuco, labels, tmp_path, suffix, empty, command
):
    file = tmp_path / f"E{suffix}"
    matrix = np.zeros((0, 3) if empty == "rows" else (3, 0), dtype="f4")
    ids = IDS[: len(matrix)]
    if suffix == ".csv":
        header = ",".join(["id", *map(str, range(matrix.shape[1]))])
        file.write_text("".join(f"{line}\n" for line in [header, *ids]))
    elif suffix == ".parquet":
        parquet(file, {"id": pa.array(ids, pa.string()), "embedding": lists(matrix)})
    else:
        np.savez(file, ids=np.array(ids, dtype=str), matrix=matrix)
    words = {
        "evaluate": ["--labels", labels(), "-o", tmp_path / "out"],
        "convert": [tmp_path / "out.npz"],
    }.get(command, [])
    ended = neuco(command, file, *words)
    assert ended.code == 4
    assert ended.err.count("error:") == 1
    assert "Traceback" not in ended.err
