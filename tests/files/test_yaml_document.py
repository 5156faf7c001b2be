from __future__ import annotations

from pathlib import Path

import pytest

from neucocore.errors import ConfigError, MissingFileError
from neucocore.files.yaml_document import load_yaml


def written(folder: Path, text: str) -> Path:
    path = folder / "file.yaml"
    path.write_bytes(text.encode())
    return path


def test_numbers_with_an_exponent_are_numbers(tmp_path: Path) -> None:
    document = load_yaml(written(tmp_path, "a: 1e-3\nb: 1E5\nc: -2.5e+3\nd: 10\ne: '1e-3'\n"))
    assert document.value == {"a": 0.001, "b": 100000.0, "c": -2500.0, "d": 10, "e": "1e-3"}


def test_a_repeated_key_is_reported_with_both_lines(tmp_path: Path) -> None:
    document = load_yaml(written(tmp_path, "a: 1\nb: 2\na: 3\n"))
    with pytest.raises(ConfigError, match=r"file.yaml:3: the key 'a' was already given in line 1"):
        document.raise_for_problems([])


def test_all_repeated_keys_are_reported_together(tmp_path: Path) -> None:
    document = load_yaml(written(tmp_path, "a: 1\na: 2\nb:\n  c: 1\n  c: 2\n"))
    with pytest.raises(ConfigError) as caught:
        document.raise_for_problems([])
    assert len(caught.value.problems) == 2


def test_a_valid_document_raises_nothing(tmp_path: Path) -> None:
    load_yaml(written(tmp_path, "a: 1\n")).raise_for_problems([])


def test_values_know_their_line(tmp_path: Path) -> None:
    path = written(tmp_path, "a:\n  - x\n  - y: 1\n    z: 2\n")
    document = load_yaml(path)
    assert document.place("a", 1, "z") == f"{path}:4"
    assert document.place("a", 7) == f"{path}:1"


def test_broken_yaml_names_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"file.yaml:2: "):
        load_yaml(written(tmp_path, "a: 1\n b: [\n"))


def test_python_objects_are_not_allowed(tmp_path: Path) -> None:
    document = load_yaml(written(tmp_path, "a: !!python/object/apply:os.getcwd []\n"))
    assert document.value == {"a": None}
    with pytest.raises(ConfigError, match=r"python/object/apply:os.getcwd is not allowed"):
        document.raise_for_problems([])


def test_several_documents_in_one_file_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected a single document"):
        load_yaml(written(tmp_path, "a: 1\n---\nb: 2\n"))


def test_a_missing_file_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="there is no file"):
        load_yaml(tmp_path / "none.yaml")


def test_a_byte_that_is_not_utf8_is_reported_with_its_offset(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_bytes(b"a: \xff\n")
    with pytest.raises(ConfigError, match="not UTF-8 at byte 3"):
        load_yaml(path)


def test_an_unknown_key_is_reported_with_the_most_similar_one(tmp_path: Path) -> None:
    path = written(tmp_path, "dimensoin: 3\n")
    problems = load_yaml(path).unknown_keys({"dimensoin": 3}, ("dimension", "name"))
    assert problems == [f"{path}:1: unknown key 'dimensoin'; did you mean 'dimension'?"]


def test_an_alias_has_the_value_of_its_anchor(tmp_path: Path) -> None:
    document = load_yaml(written(tmp_path, "a: &x {k: 1}\nb: *x\n"))
    assert document.value == {"a": {"k": 1}, "b": {"k": 1}}


def test_an_alias_inside_its_own_anchor_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="refers to itself"):
        load_yaml(written(tmp_path, "a: &x [*x]\n"))


def test_dates_stay_strings(tmp_path: Path) -> None:
    """A phase may be named by a date; as a date object it could not be written to JSON."""
    assert load_yaml(written(tmp_path, "phase: 2026-03-01\n")).value == {"phase": "2026-03-01"}


@pytest.mark.parametrize("text", ["[a, b]: 1\n", "{a: 1}: 1\n", "x: {[a]: 1}\n"])
def test_a_list_or_mapping_as_a_key_is_an_error(tmp_path: Path, text: str) -> None:
    document = load_yaml(written(tmp_path, text))
    with pytest.raises(ConfigError, match=r"yaml:1: a list or mapping cannot be a key"):
        document.raise_for_problems([])
