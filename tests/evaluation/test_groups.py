"""Which rows stay together: the option --split."""

from __future__ import annotations

from pathlib import Path

import pytest

from neucocore.data.labels.label_folder import read_label_folder
from neucocore.errors import ConfigError, DataError
from neucocore.evaluation.groups import Split, parse_split, read_groups


def groups_of(text: str, labels: Path | None = None) -> dict[str, str] | None:
    groups = read_groups(parse_split(text), [] if labels is None else read_label_folder(labels))
    return None if groups is None else dict(groups.of_id)


def test_a_random_split_has_no_groups() -> None:
    assert parse_split("random") == Split()
    assert groups_of("random") is None


def test_a_column_may_be_one_of_the_label_files_or_of_another_table() -> None:
    assert parse_split("group:place") == Split("place")
    assert parse_split("group:a/b.csv:place") == Split("place", Path("a/b.csv"))
    assert str(parse_split("group:a/b.csv:place")) == "group:b.csv:place"


@pytest.mark.parametrize("text", ["", "random:x", "group", "group:", "group::x", "blocks:5", "x"])
def test_any_other_rule_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a rule for splitting rows") as caught:
        parse_split(text)
    assert "--split group:COLUMN" in str(caught.value.hint)


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
