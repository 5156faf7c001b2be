"""Which rows stay together: the option --split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.labels.label_folder import read_label_folder
from neucocore.data.labels.sources import read_labels
from neucocore.data.labels.table import read_label_table
from neucocore.errors import ConfigError, DataError
from neucocore.evaluation.groups import Groups, grouping_warnings, read_groups
from neucocore.evaluation.split_rule import Split, parse_split


def groups_of(text: str, labels: Path | None = None) -> dict[str, str] | None:
    groups = read_groups(parse_split(text), [] if labels is None else read_label_folder(labels))
    return None if groups is None else dict(groups.of_id)


def test_a_random_split_has_no_groups() -> None:
    assert parse_split("random") == Split()
    assert groups_of("random") is None


def test_a_column_may_be_one_of_the_label_files_or_of_another_table() -> None:
    assert parse_split("group:place") == Split("group", "place")
    assert parse_split("group:a/b.csv:place") == Split("group", "place", Path("a/b.csv"))
    assert str(parse_split("group:a/b.csv:place")) == "group:b.csv:place"


@pytest.mark.parametrize(
    "text", ["", "random:x", "group", "group:", "group::x", "folds", "year:", "x"]
)
def test_any_other_rule_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a rule for splitting rows") as caught:
        parse_split(text)
    assert "group:COLUMN, blocks" in str(caught.value.hint)


def test_groups_come_from_a_column_of_the_label_files(tmp_path: Path) -> None:
    (tmp_path / "height__regr.csv").write_text("id,label,place\na,1,north\nb,2,\n")
    (tmp_path / "width__regr.csv").write_text("id,label,place\na,1,north\nc,2,south\n")
    assert groups_of("group:place", tmp_path) == {"a": "north", "c": "south"}
    with pytest.raises(ConfigError, match="no label file has a column 'region'") as caught:
        groups_of("group:region", tmp_path)
    assert "place" in str(caught.value.hint)


def test_a_table_needs_its_columns(tmp_path: Path) -> None:
    places = tmp_path / "places.csv"
    places.write_text("id,place\na,north\n")
    with pytest.raises(DataError, match="has no column 'region'"):
        groups_of(f"group:{places}:region")


def test_ids_are_cleaned_and_an_empty_cell_is_not_a_group(tmp_path: Path) -> None:
    places = tmp_path / "places.csv"
    places.write_text("id,place\na.zarr.zip,north\nb.zarr,\nc,south\n")
    assert groups_of(f"group:{places}:place") == {"a": "north", "c": "south"}
    places.write_text("id,place\na,north\nb,south,coast\n")
    with pytest.raises(DataError, match="line 3 has 3 cells"):
        groups_of(f"group:{places}:place")


def test_an_id_in_two_groups_is_an_error_and_one_listed_twice_is_not(tmp_path: Path) -> None:
    places = tmp_path / "places.csv"
    places.write_text("id,place\na,x\nb,y\na,x\n")
    assert groups_of(f"group:{places}:place") == {"a": "x", "b": "y"}
    places.write_text("id,place\na,x\nb,y\na,y\nc,x\nc,y\n")
    with pytest.raises(DataError, match="gives 2 ids more than one group: a, c"):
        groups_of(f"group:{places}:place")


def groups(path: Path, column: str = "tile") -> Groups:
    found = read_groups(parse_split(f"group:{path}:{column}"), [])
    assert found is not None
    return found


def test_fault_79_one_number_in_several_spellings_is_one_group(tmp_path: Path) -> None:
    table = tmp_path / "places.csv"
    table.write_text("id,tile\na,3\nb,3.0\nc,+3\nd,03\ne,4\n")
    found = groups(table)
    assert found.of_id == {"a": "3", "b": "3", "c": "3", "d": "3", "e": "4"}
    (finding,) = found.findings
    assert "group spelled in several ways, read as one: 3 (+3, 03, 3, 3.0)" in str(finding)


@pytest.mark.parametrize("spell", ["{}", "{}.0", "+{}", "{:03d}"])
def test_fault_79_the_spelling_of_all_groups_does_not_change_their_names(
    tmp_path: Path, spell: str
) -> None:
    table = tmp_path / "places.csv"
    table.write_text("id,tile\n" + "".join(f"c{n},{spell.format(n % 3)}\n" for n in range(6)))
    assert set(groups(table).of_id.values()) == {"0", "1", "2"}
    assert groups(table).findings == ()


def test_fault_79_texts_that_mean_missing_are_no_groups_and_are_counted(tmp_path: Path) -> None:
    table = tmp_path / "places.csv"
    table.write_text("id,tile\na,1\nb,nan\nc,NA\nd,None\ne,\nf,null\ng,-\nh,nan\n")
    found = groups(table)
    assert found.of_id == {"a": "1"}
    assert found.missing_texts("bcdefgh") == (
        "'nan' (2), 'NA' (1), 'None' (1), empty (1), 'null' (1), '-' (1)"
    )


def test_fault_79_names_that_differ_only_in_case_are_reported(tmp_path: Path) -> None:
    table = tmp_path / "places.csv"
    table.write_text("id,tile\na,North\nb,north\nc,south\n")
    (finding,) = groups(table).findings
    assert "column 'tile': group names differ only in case" in str(finding)


def test_spellings_are_compared_across_label_files(tmp_path: Path) -> None:
    (tmp_path / "height__regr.csv").write_text("id,label,tile\na,1,3\nb,2,4\n")
    (tmp_path / "width__regr.csv").write_text("id,label,tile\na,1,3.0\nc,2,4.0\n")
    assert groups_of("group:tile", tmp_path) == {"a": "3", "b": "4", "c": "4"}


def test_a_metadata_column_of_the_embeddings_can_hold_the_groups() -> None:
    embeddings = Embeddings(
        ("a", "b"), np.ones((2, 1), dtype=np.float32), extra={"tile": [3.0, None]}
    )
    found = read_groups(parse_split("group:tile"), [], embeddings)
    assert found is not None
    assert (dict(found.of_id), dict(found.missing)) == ({"a": "3"}, {"b": ""})
    with pytest.raises(ConfigError, match="no label file has a column 'site'") as caught:
        read_groups(parse_split("group:site"), [], embeddings)
    assert "of the embeddings: tile" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["north", "south", "east", "west"], "every id is a group of its own"),
        (["0.25", "0.5", "0.75", "0.25"], "these look like measurements"),
        (["1", "2", "3", "1"], ""),
        (["0.25", "0.5", "0.25", "0.25", "0.5"], ""),
    ],
)
def test_a_column_that_hardly_groups_rows_is_reported(cells: list[str], expected: str) -> None:
    ids = [f"c{row}" for row in range(len(cells))]
    texts = grouping_warnings(Groups(dict(zip(ids, cells, strict=True)), "tile"), ids)
    assert [expected in text for text in texts] == [True] * len(texts)
    assert bool(texts) == bool(expected)


def _spellings(value: int) -> list[str]:
    return [f"{value}", f"{value}.0", f"+{value}", f"{value:04d}", f"{value}e0", f" {value}.00 "]


@settings(derandomize=True, max_examples=40, deadline=None)
@given(
    values=st.lists(st.integers(1, 9), min_size=1, max_size=30),
    picks=st.lists(st.integers(0, 5), min_size=30, max_size=30),
    texts=st.lists(
        st.sampled_from(["nan", "NA", "None", "null", "-", "", "n/a", "NaN"]), max_size=4
    ),
)
def test_fault_79_spellings_never_change_which_rows_are_together(
    tmp_path_factory: pytest.TempPathFactory,
    values: list[int],
    picks: list[int],
    texts: list[str],
) -> None:
    cells = [_spellings(value)[pick] for value, pick in zip(values, picks, strict=False)]
    table = tmp_path_factory.mktemp("groups") / "g.csv"
    lines = [f"r{row},{cell}" for row, cell in enumerate([*cells, *texts])]
    table.write_text("\n".join(["id,tile", *lines]) + "\n")
    of_id = groups(table).of_id
    assert set(of_id) == {f"r{row}" for row in range(len(values))}
    for first, value in enumerate(values):
        for second, other in enumerate(values):
            same = of_id[f"r{first}"] == of_id[f"r{second}"]
            assert same == (value == other)


def test_the_rows_of_a_table_count_once_whatever_the_number_of_its_tasks(tmp_path: Path) -> None:
    rows = [f"s{row},{row % 7},{row % 5},{('Nord', 'nord', 'sud')[row % 3]}" for row in range(30)]
    table = tmp_path / "survey.csv"
    table.write_text("\n".join(["id,height,width,region", *rows]) + "\n")
    labels = read_label_table(table, ["height", "width"])
    groups = read_groups(parse_split("group:region"), labels.files)
    assert groups is not None
    assert [str(finding) for finding in groups.findings if "'Nord' (10)" in str(finding)]


@pytest.mark.parametrize("option", ["--split", "--subset"])
def test_a_column_named_by_an_option_is_not_a_task(tmp_path: Path, option: str) -> None:
    rows = [f"s{row},{row * 0.37 % 7:.3f},{row % 2},{'abc'[row % 3]}" for row in range(30)]
    table = tmp_path / "survey.csv"
    table.write_text("\n".join(["id,height,dry,region", *rows]) + "\n")
    column = "region" if option == "--split" else "dry"
    assert column in {file.stem for file in read_labels(table).files}
    labels = read_labels(table, options={column: option})
    assert {file.stem for file in labels.files} == {"height", "dry", "region"} - {column}
    assert f"named by {option}: {column!r}" in str(labels.findings[-1])
    assert all(column in file.extra for file in labels.files)
    named = read_labels(f"{table}:{column}", options={column: option})
    assert [file.stem for file in named.files] == [column]
