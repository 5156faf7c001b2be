"""Tables with several label columns (numbers: docs/reliability.md)."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neucocore.data.labels.column_kinds import column_kinds, place_columns
from neucocore.data.labels.sources import read_labels, read_with_id_column, split_source
from neucocore.data.labels.table import read_label_table, task_name
from neucocore.data.validation import validate_embeddings
from neucocore.errors import DataError, IdError, MissingFileError
from neucocore.files.findings import messages

PROPERTY = settings(
    derandomize=True,
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
N = 120
RNG = np.random.default_rng(1)
IDS = [f"plot_{row:03d}" for row in range(N)]
BIOMASS = RNG.normal(100, 20, N).round(3).tolist()
COVER = [("forest", "field", "town")[row % 3] for row in range(N)]
FLOODED = [("yes", "no")[row % 2] for row in range(N)]
LABELS: dict[str, tuple[str, list]] = {
    "biomass": ("regression", BIOMASS),
    "cover": ("multiclass", COVER),
    "flooded": ("binary", FLOODED),
}
METADATA: dict[str, list] = {
    "lon": RNG.uniform(-180, 180, N).tolist(),
    "lat": RNG.uniform(-90, 90, N).tolist(),
    "POINT_X": RNG.uniform(3e5, 7e5, N).tolist(),
    "POINT_Y": RNG.uniform(4e6, 5e6, N).tolist(),
    "centreLongitude": RNG.uniform(-180, 180, N).tolist(),
    "centreLatitude": RNG.uniform(-90, 90, N).tolist(),
    "year": [2018 + row % 4 for row in range(N)],
    "survey_date": [f"2021-06-{1 + row % 28:02d}" for row in range(N)],
    "fold": [row % 5 for row in range(N)],
    "assignment": [("train", "test", "val")[row % 3] for row in range(N)],
    "Unnamed: 0": list(range(N)),
    "": list(range(1, N + 1)),
    ".geo": [f'{{"type":"Point","coordinates":[{row},1]}}' for row in range(N)],
    "wkt": [f"POINT ({row} 1)" for row in range(N)],
    "notes": [f"seen by team {row}" for row in range(N)],
    "country": ["FR"] * N,
    "empty": [""] * N,
    **{f"A{column:02d}": RNG.normal(size=N).tolist() for column in range(8)},
}
PAIRS = {"lon": "lat", "POINT_X": "POINT_Y", "centreLongitude": "centreLatitude"}


def write(path: Path, columns: dict[str, list]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], str, str, str]:
    """Names of columns in any order, the name of the ids, their suffix, and a format."""
    labels = draw(st.lists(st.sampled_from(sorted(LABELS)), min_size=1, unique=True))
    names = draw(st.lists(st.sampled_from(sorted(METADATA)), unique=True, max_size=10))
    names = [name for name in names if not name.startswith("A0")]
    if draw(st.booleans()):
        names += [f"A{column:02d}" for column in range(8)]
    for first, second in PAIRS.items():
        if {first, second} & set(names):
            names += [name for name in (first, second) if name not in names]
    columns = draw(st.permutations(["<id>", *labels, *names]))
    return (
        list(columns),
        draw(st.sampled_from(["id", "image", "sample name", "file"])),
        draw(st.sampled_from(["", ".tif", ".zarr.zip"])),
        draw(st.sampled_from(["csv", "parquet"])),
    )


@PROPERTY
@given(tables())
def test_label_columns_are_found_among_any_metadata_in_any_order(tmp_path, drawn):
    names, id_name, suffix, form = drawn
    every = {**METADATA, **{name: values for name, (_, values) in LABELS.items()}}
    every["<id>"] = [f"{sample}{suffix}" for sample in IDS]
    columns = {id_name if name == "<id>" else name: every[name] for name in names}
    if form == "csv":
        path = write(tmp_path / "survey.csv", columns)
    else:
        path = tmp_path / "survey.parquet"
        pq.write_table(pa.table(columns), path)
    labels = read_label_table(path, sample_ids=IDS)
    assert labels.unusable == ()
    expected = {name: LABELS[name][0] for name in names if name in LABELS}
    assert {file.stem: file.problem for file in labels.files} == expected
    for file in labels.files:
        assert file.ids == tuple(IDS)
        values = file.y if not file.classes else [file.classes[code] for code in file.y]
        assert list(values) == LABELS[file.stem][1]
    note = next(str(finding) for finding in labels.findings if finding.code == "label-columns")
    assert all(name in note for name in columns if name not in METADATA)
    assert all(repr(name) in note for name in columns if name in METADATA and name != "A07")


def test_the_note_names_ids_labels_and_everything_else(tmp_path):
    columns = {"image": IDS, "lon": METADATA["lon"], "lat": METADATA["lat"], "biomass": BIOMASS}
    labels = read_labels(write(tmp_path / "s.csv", columns))
    assert messages(labels.findings, "note") == [
        "ids from 'image'; 1 label column: biomass (regression, 120 labels); not labels: "
        "place: 'lon', 'lat'"
    ]
    assert labels.files[0].extra["lon"][0] == str(METADATA["lon"][0])


@pytest.mark.parametrize(
    ("cells", "role", "kind"),
    [
        ([0, 1] * 20, "label", "cls"),
        ([10, 20, 30, 95] * 10, "label", "cls"),
        (list(range(40)) * 2, "label", "regr"),
        ([0.5, 1.5, 2] * 20, "label", "regr"),
        ([10, 20, 30, -9999] * 10, "label", "cls"),
        ([*list(range(20)) * 6, -9999, -9999], "label", "cls"),
        ([1, 2, "x"] * 10, "label", "cls"),
        ([f"POINT ({n} 1)" for n in range(4)] * 10, "geometry", ""),
        ([*(n + 0.5 for n in range(39)), "n.d."], "label", "regr"),
        (["1,5", "2,5", "3,25", "4,1"] * 10, "label", "regr"),
        (["True", "False", ""] * 10, "label", "cls"),
        ([f"name {n}" for n in range(40)], "text", ""),
        (["same"] * 40, "constant", ""),
        ([3] * 40, "constant", ""),
        (["", "NA"] * 20, "empty", ""),
    ],
)
def test_the_kind_of_a_column_is_inferred_from_its_values(cells, role, kind):
    (column,) = column_kinds([("value", list(map(str, cells)))])
    assert (column.role, column.type) == (role, kind)


@pytest.mark.parametrize(
    ("names", "places"),
    [
        (["lon", "lat"], {"lon", "lat"}), (["x", "y", "z"], {"x", "y"}),
        (["decimalLatitude", "decimalLongitude"], {"decimalLatitude", "decimalLongitude"}),
        (["centre_lat", "centre_lon", "lon"], {"centre_lat", "centre_lon"}),
        (["lat"], set()), (["lon_start", "lat_end"], set()),
        (["lon", "x_lat"], set()), (["plateau", "long_name"], set()),
        (["Easting (m)", "Northing (m)"], {"Easting (m)", "Northing (m)"}),
        (["Breitengrad", "Laengengrad"], {"Breitengrad", "Laengengrad"}),
        (["L\u00e4ngengrad", "Breitengrad"], {"L\u00e4ngengrad", "Breitengrad"}),
        (["UTM_E", "UTM_N", "height"], {"UTM_E", "UTM_N"}), (["Rechtswert"], set()),
        (["x_m", "y_m", "depth_m"], {"x_m", "y_m"}),
        (["latitud", "longitud"], {"longitud", "latitud"}),
    ],
)  # fmt: skip
def test_coordinates_are_recognised_in_pairs(names, places):
    assert set(place_columns(names)) == places


@pytest.mark.parametrize(
    ("column", "name"),
    [("biomass [Mg/ha]", "biomass"), ("height (m)", "height"), ("../up", "up"), ("a/b", "a_b"),
     ("tree cover %", "tree_cover"), ("label:water", "water"), ("height__regr", "height"),
     ("label", "survey"), ("[m]", "m"), ("Größe", "Größe")],
)  # fmt: skip
def test_a_task_is_named_after_its_column_and_safe_as_a_file_name(column, name):
    assert task_name(column, Path("survey.csv")) == name


def test_columns_can_be_selected_and_given_a_kind(tmp_path):
    columns = {"id": IDS, "trees": [row % 4 for row in range(N)], "fold": METADATA["fold"],
               "cover": COVER}  # fmt: skip
    file = write(tmp_path / "s.csv", columns)
    problems = {f.stem: f.problem for f in read_labels(file).files}
    assert problems == {"trees": "multiclass", "cover": "multiclass"}
    problems = {f.stem: f.problem for f in read_labels(f"{file}:trees=regr,fold").files}
    assert problems == {"trees": "regression", "fold": "multiclass"}


def test_a_column_name_can_hold_an_equals_sign_and_a_type(tmp_path):
    columns = {"id": IDS, "a=cls": BIOMASS, "trees__regr": [row % 4 for row in range(N)]}
    labels = read_labels(write(tmp_path / "s.csv", columns))
    assert [(f.stem, f.problem) for f in labels.files] == [
        ("a_cls", "regression"),
        ("trees", "regression"),
    ]
    (file,) = read_labels(f"{tmp_path / 's.csv'}:a=cls").files
    assert file.problem == "regression"


def test_a_column_with_bad_cells_leaves_the_others_usable(tmp_path):
    heights = ["n.d.", "1,5", *BIOMASS[2:]]
    file = write(tmp_path / "s.csv", {"id": IDS, "height": heights, "cover": COVER})
    labels = read_labels(file)
    assert [f.stem for f in labels.files] == ["cover"]
    (unusable,) = labels.unusable
    assert (unusable.stem, unusable.name) == ("height", "height")
    assert "line 2 'n.d.'" in unusable.reason
    assert "line 3 '1,5'" in unusable.reason
    with pytest.raises(DataError, match=r"label columns of .* cannot be used") as error:
        labels.require_usable()
    assert error.value.hint
    (classes,) = read_labels(f"{file}:height=cls").files
    assert classes.problem == "multiclass"


def test_the_ids_are_the_column_that_matches_the_embeddings(tmp_path):
    other = [f"other {row}" for row in range(N)]
    columns = {"place": other, "scene": [f"{sample}.tif" for sample in IDS], "biomass": BIOMASS}
    columns["code"] = [f"c{row}" for row in range(N)]
    file = write(tmp_path / "s.csv", columns)
    assert read_labels(file, sample_ids=IDS).files[0].ids == tuple(IDS)
    with pytest.raises(DataError, match="'place' and 'scene' and 'code' could be it") as error:
        read_labels(file)
    assert error.value.hint == "name the column of the ids: --id COLUMN"
    assert read_labels(file, id_column="scene").files[0].ids == tuple(IDS)
    del columns["code"]
    assert read_labels(write(tmp_path / "t.csv", columns)).files[0].ids == tuple(IDS)


def test_one_sample_in_two_spellings_is_an_error(tmp_path):
    columns = {"id": ["a.tif", "a", "b"], "height": [1.5, 2, 3]}
    with pytest.raises(IdError) as error:
        read_labels(f"{write(tmp_path / 's.csv', columns)}:height")
    assert "'a.tif' (line 2) and 'a' (line 3)" in error.value.problems[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("id,height\n", "has a header but no rows"),
        ("id\na\nb\n", "has no column of labels"),
        ("id,country\na,FR\nb,FR\nc,FR\n", "has no column of labels"),
        ("id,h\na,\nb,NA\n", "has no column of labels"),
    ],
)
def test_fault_89_a_table_without_labels_is_one_error(tmp_path, text, message):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(DataError, match=message) as error:
        read_labels(tmp_path / "s.csv")
    assert error.value.hint


def test_an_unknown_column_is_an_error_with_the_nearest_name(tmp_path):
    file = write(tmp_path / "s.csv", {"id": IDS, "biomass": BIOMASS})
    with pytest.raises(DataError, match="did you mean 'biomass'") as error:
        read_labels(f"{file}:biomas")
    assert "its columns are biomass; id holds the ids" in str(error.value.hint)


def test_two_columns_of_one_task_name_are_an_error(tmp_path):
    file = write(tmp_path / "s.csv", {"id": IDS, "height (m)": BIOMASS, "height": BIOMASS})
    with pytest.raises(DataError, match="same task name") as error:
        read_labels(file)
    assert error.value.problems == ("'height (m)' and 'height' would both be the task height",)


def test_a_source_is_a_folder_a_label_file_or_a_table(tmp_path):
    folder = tmp_path / "labels: all"
    folder.mkdir()
    columns = {"id": IDS, "label": BIOMASS}
    file = write(folder / "wood__regr.csv", columns)
    assert [f.stem for f in read_labels(folder).files] == ["wood"]
    assert [f.stem for f in read_labels(file).files] == ["wood"]
    table = write(folder / "wood.csv", columns)
    assert [f.stem for f in read_labels(table).files] == ["wood"]
    assert split_source(f"{table}:a,b") == (table, ("a", "b"))
    with pytest.raises(DataError, match="is a folder, which has no columns"):
        read_labels(f"{folder}:label")
    with pytest.raises(DataError, match="name of a column is missing"):
        read_labels(f"{table}:")
    with pytest.raises(MissingFileError, match=r"no file or folder .*/none.csv") as error:
        read_labels(f"{tmp_path}/none.csv:label")
    assert "FILE.csv:COLUMN,COLUMN" in str(error.value.hint)


def test_an_embeddings_file_in_place_of_labels_is_called_what_it_is(tmp_path):
    columns = {"id": IDS, **{str(column): BIOMASS for column in range(16)}}
    with pytest.raises(DataError, match="has no column of labels") as error:
        read_labels(write(tmp_path / "e.csv", columns))
    assert error.value.problems == (
        "numbered like dimensions of an embedding: '0', '1', '2', '3', '4', '5', '6', '7' "
        "and 8 more",
    )
    pq.write_table(pa.table({"id": IDS, "embedding": [[1.0]] * N}), tmp_path / "e.parquet")
    with pytest.raises(DataError, match="has no column of labels") as error:
        read_labels(tmp_path / "e.parquet")
    assert error.value.problems == ("column of lists or structures left out: 'embedding'",)


def test_columns_that_match_the_ids_equally_well_are_refused(tmp_path):
    columns = {"pair": [*IDS[5:], *IDS[:5]], "plot": IDS, "biomass": BIOMASS}
    file = write(tmp_path / "survey.csv", columns)
    with pytest.raises(DataError, match=r"'pair' \(120 ids\) and 'plot' \(120 ids\)") as raised:
        read_label_table(file, sample_ids=IDS)
    assert "--id pair or --id plot" in str(raised.value.hint)
    assert read_label_table(file, id_column="plot", sample_ids=IDS).files[0].ids == tuple(IDS)


@pytest.mark.parametrize(
    ("other", "cells"),
    [("same", IDS), ("nearest", [*IDS[1:], IDS[-2]]), ("few", [*IDS[1:60], *[""] * 61])],
)
def test_equal_columns_and_columns_that_repeat_ids_are_no_tie(tmp_path, other, cells):
    file = write(tmp_path / "survey.csv", {other: cells, "plot": IDS, "biomass": BIOMASS})
    assert read_label_table(file, sample_ids=IDS).files[0].ids == tuple(IDS)


@pytest.mark.parametrize(
    ("embedding_columns", "message"),
    [(["id"], "labels only"), (["id", "plot"], None), (["key"], "error")],
)
def test_the_id_option_may_name_a_column_of_the_labels_only(tmp_path, embedding_columns, message):
    file = write(tmp_path / "survey.csv", {"plot": IDS, "biomass": BIOMASS})

    def read(column):
        if column is not None and column not in embedding_columns:
            raise DataError("unusable", problems=[f"no column {column!r} for the ids"])
        return column or "id"

    name = "plot" if message != "error" else "absent"
    if message == "error":
        with pytest.raises(DataError, match="unusable"):
            read_with_id_column(read, name, file)
        column, notes = read_with_id_column(read, "key", file)
        assert column == "key"
        assert "embeddings only" in notes[0]
    else:
        column, notes = read_with_id_column(read, name, file)
        assert column == ("plot" if message is None else "id")
        assert [message in note for note in notes] == ([] if message is None else [True])


def roles_of(columns: dict[str, list], ids=()) -> dict[str, str]:
    cells = [(name, list(map(str, values))) for name, values in columns.items()]
    return {kind.name: kind.role for kind in column_kinds(cells, ids=ids)}


def test_east_and_north_are_coordinates_only_with_values_in_metres():
    metres = {
        "utm_e": [500_000.5 + row for row in range(40)],
        "utm_n": [5e6 - row for row in range(40)],
    }
    assert set(roles_of(metres).values()) == {"place"}
    percent = {
        "leaf_n": [row * 0.1 for row in range(40)],
        "leaf_e": [row * 0.7 for row in range(40)],
    }
    assert set(roles_of(percent).values()) == {"label"}
    slopes = {"slope_east": percent["leaf_e"], "slope_north": percent["leaf_n"]}
    assert set(roles_of(slopes).values()) == {"label"}


@pytest.mark.parametrize(
    ("name", "cells", "role"),
    [
        ("ymd", [20210103 + row for row in range(28)], "time"),
        ("seen", [20191201.0, 20200229.0, 20200630.0] * 8, "time"),
        ("mass", [20191301, 20200229, 20200645] * 8, "label"),
        ("acquired", [1_600_000_000 + 86_400 * row for row in range(30)], "time"),
        ("acquired", [1_600_000_000_000 + 7 * row for row in range(30)], "time"),
        ("stock", [500_000_000 + 10_000_000 * (row * 7 % 31) for row in range(30)], "label"),
        ("visit", ["03/05/2021", "12/11/2020"] * 15, "time"),
        ("visit", ["3.5.2021", "12.11.2020"] * 15, "time"),
        ("version", ["3.5/2021", "12/11.2020"] * 15, "label"),
        ("Jahr", [2018, 2019, 2020] * 10, "time"),
    ],
)
def test_dates_are_recognised_by_their_values(name, cells, role):
    assert roles_of({name: cells}) == {name: role}


SHUFFLED = [int(number) for number in np.random.default_rng(3).permutation(60)]


@pytest.mark.parametrize(
    ("name", "cells", "role"),
    [
        ("OBJECTID", [row + 1000 for row in SHUFFLED], "counter"),
        ("tree_id", [7 * row for row in SHUFFLED], "counter"),
        ("entry", [501 + row + (row > 30) for row in range(60)], "counter"),
        ("part", SHUFFLED, "counter"),
        ("elevation", [2 * row for row in range(60)], "label"),
        ("elevation", [100 + row for row in SHUFFLED], "label"),
        ("acid", [100 + row for row in SHUFFLED], "label"),
        ("plant_id_share", [100 + row for row in SHUFFLED], "label"),
        ("cover", [row % 4 for row in SHUFFLED], "label"),
    ],
)
def test_object_numbers_are_no_labels(name, cells, role):
    ids = [f"p{row:04d}_{row % 4}" for row in SHUFFLED]
    assert roles_of({name: cells}, ids) == {name: role}


@pytest.mark.parametrize(("column", "usable"), [("plot", True), ("id", True), ("absent", False)])
def test_a_file_is_checked_with_the_id_option_of_the_labels_only(tmp_path, column, usable):
    vectors = np.random.default_rng(5).normal(size=(N, 3)).tolist()
    header = {"id": IDS, **{str(k): [row[k] for row in vectors] for k in range(3)}}
    embeddings = write(tmp_path / "e.csv", header)
    survey = {"pair": [*IDS[5:], *IDS[:5]], "plot": IDS, "biomass": BIOMASS}
    table = write(tmp_path / "survey.csv", survey)
    findings = validate_embeddings(embeddings, labels=table, id=column).findings
    errors = [finding.message for finding in findings if finding.level == "error"]
    if column == "plot":
        assert errors == []
        assert any(finding.code == "id-option" for finding in findings)
    else:
        assert errors
        assert any("several columns" in error for error in errors) == usable
