"""Reading embeddings from CSV: values, repairs and errors (numbers: docs/reliability.md)."""

from __future__ import annotations

import gzip
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.data.embeddings import csv_reader
from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.embeddings.formats import load_embeddings, save_embeddings
from neucocore.errors import (
    BudgetExceededError,
    DataError,
    IdError,
    MissingFileError,
    NonFiniteError,
    ShapeError,
)
from neucocore.files.cells import is_number
from neucocore.files.findings import messages

FIXTURE = Path(__file__).parents[2] / "fixtures/reference/evaluation/embeddings.csv"


@pytest.fixture(params=["line by line", "kernel"])
def csv(request, tmp_path, monkeypatch):
    """Return a function that writes a text and loads it, once with each of the two readers."""
    if request.param == "kernel":
        monkeypatch.setattr(csv_reader, "KERNEL_FROM_BYTES", 0)

    def load(text: str | bytes, name: str = "e.csv", **options: object) -> Embeddings:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return load_embeddings(path, **options)

    return load


def problems(error: pytest.ExceptionInfo[DataError]) -> str:
    return "\n".join(error.value.problems)


def repaired(embeddings: Embeddings) -> str:
    return "\n".join(messages(embeddings.findings, "repaired"))


def warned(embeddings: Embeddings) -> str:
    return "\n".join(messages(embeddings.findings, "warning"))


def test_a_plain_file_is_read_in_file_order_without_findings(csv):
    embeddings = csv("id,0,1\nb,1.5,-2e-3\na,3,4\n")
    assert embeddings.ids == ("b", "a")
    assert embeddings.matrix.tolist() == [[1.5, np.float32(-0.002)], [3, 4]]
    assert embeddings.matrix.dtype == np.float32
    assert embeddings.findings == ()


def test_a_last_line_without_newline_is_read(csv):
    assert csv("id,0\na,1\nb,2").ids == ("a", "b")


def test_the_id_column_may_be_at_any_position(csv):
    embeddings = csv("0,id,1\n1,a,2\n3,b,4\n")
    assert embeddings.ids == ("a", "b")
    assert embeddings.matrix.tolist() == [[1, 2], [3, 4]]


def test_the_id_column_may_be_the_last_one_of_a_crlf_file(csv):
    assert csv("0,id\r\n1,a\r\n2,b\r\n").ids == ("a", "b")


def test_empty_lines_are_not_rows(csv):
    embeddings = csv("\nid,0\n\na,1\n  \nb,2\n\n")
    assert embeddings.ids == ("a", "b")
    assert embeddings.matrix[:, 0].tolist() == [1, 2]


def test_a_missing_file_is_an_error_with_a_hint(tmp_path):
    with pytest.raises(MissingFileError, match=r"no file .*e\.csv"):
        load_embeddings(tmp_path / "e.csv")


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_fault_01_an_empty_file_is_an_error(csv, text):
    with pytest.raises(DataError, match="is empty"):
        csv(text)


def test_fault_01_a_header_without_rows_is_an_error(csv):
    with pytest.raises(DataError) as error:
        csv("id,0,1\n")
    assert "the file holds no row" in problems(error)


def test_fault_02_a_file_without_an_id_column_is_an_error_that_lists_its_columns(csv):
    with pytest.raises(DataError) as error:
        csv("name,0,1\na,1,2\n")
    assert "no column 'id', only 'name', '0', '1'" in problems(error)
    assert "rename" in str(error.value.hint)


def test_fault_03_duplicate_ids_are_an_error_with_count_and_lines(csv):
    with pytest.raises(IdError) as error:
        csv("id,0\na,1\nb,2\na,3\nb,4\nc,5\n")
    assert "id occurs more than once (2 times)" in problems(error)
    assert "a (line 2, line 4)" in problems(error)


def test_fault_04_duplicate_column_names_are_an_error(csv):
    with pytest.raises(DataError) as error:
        csv("id,0,1,1\na,1,2,3\n")
    assert "column name occurs more than once: '1'" in problems(error)


def test_fault_07_archive_suffixes_of_ids_are_removed_and_counted(csv):
    embeddings = csv("id,0\na.zarr.zip,1\nb.zarr,2\nc,3\n")
    assert embeddings.ids == ("a", "b", "c")
    assert "file suffix removed from an id (2 times)" in repaired(embeddings)


def test_fault_08_bom_crlf_quotes_and_spaces_are_repaired_and_recorded(csv):
    embeddings = csv('\ufeffid,"0",1\r\n"a",1, 2\r\n b ,3,"4"\r\n'.encode())
    assert embeddings.ids == ("a", "b")
    assert embeddings.matrix.tolist() == [[1, 2], [3, 4]]
    text = repaired(embeddings)
    for sign in ("byte order mark", "carriage return", "quotes", "spaces around an id"):
        assert sign in text


def test_fault_08_an_id_with_a_comma_in_quotes_is_one_id(csv):
    assert csv('id,0\n"a,b",1\n"c""d",2\n').ids == ("a,b", 'c"d')


def test_fault_08_ids_that_are_equal_after_the_repair_are_an_error(csv):
    with pytest.raises(IdError) as error:
        csv("id,0\na,1\n a,2\nb.zarr,3\nb.zarr.zip,4\n")
    assert (
        "ids are equal once spaces, folders, file suffixes and Unicode forms are ignored (2 times)"
        in problems(error)
    )


def test_fault_08_an_open_quote_is_an_error_with_its_line(csv):
    with pytest.raises(DataError) as error:
        csv('id,0\na,1\n"b,2\nc,3\n')
    assert "open or misplaced quote: line 3" in problems(error)


def test_fault_09_ids_that_look_like_numbers_stay_text(csv):
    assert csv("id,0\n00123,1\n1e5,2\n1.0,3\nnan,4\nTrue,5\n").ids == (
        "00123",
        "1e5",
        "1.0",
        "nan",
        "True",
    )


def test_fault_10_bad_cells_are_counted_by_kind_row_and_column(csv):
    with pytest.raises(NonFiniteError) as error:
        csv("id,0,1,2\na,nan,,1\nb,inf,NaN,x\nc,1,,2\nd,1,2,3\n")
    text = problems(error)
    assert "empty cell in 2 rows and 1 column (2 times): line 2 column '1'" in text
    assert "NaN in 2 rows and 2 columns (2 times)" in text
    assert "infinite value in 1 row and 1 column: line 3 column '0' 'inf'" in text
    assert "cell that is not a number in 1 row and 1 column: line 3 column '2' 'x'" in text
    assert "--nan zero" in str(error.value.hint)


def test_fault_10_nan_zero_counts_bad_cells_as_zero_and_records_them(csv):
    embeddings = csv("id,0,1,2\na,nan,,1\nb,-inf,x,2\n", nan="zero")
    assert embeddings.matrix.tolist() == [[0, 0, 1], [0, 0, 2]]
    assert repaired(embeddings).count("counted as 0") == 4


@pytest.mark.parametrize(
    "cell",
    [
        "1_000",
        "0x1F",
        "\uff11",
        "1 2",
        "--1",
        "1e",
        ".",
        "e5",
        "1d3",
        "\x1c5",
        "5\x0b",
        "\x005",
        "5\x1f",
    ],
)
def test_fault_10_numbers_in_the_syntax_of_programming_languages_are_text(csv, cell):
    with pytest.raises(NonFiniteError, match="1 problem") as error:
        csv(f"id,0\na,1\nb,{cell}\n")
    assert "is not a number" in problems(error)


def test_fault_11_ragged_rows_are_an_error_with_their_lines(csv):
    with pytest.raises(ShapeError) as error:
        csv("id,0,1\na,1\nb,1,2\nc,1,2,3\n")
    assert "(2 times): line 2 has 2 instead of 3, line 4 has 4" in problems(error)


def test_fault_12_columns_from_1_in_any_order_are_sorted_by_number(csv):
    embeddings = csv("10,2,id,1,3,4,5,6,7,8,9\n10,2,a,1,3,4,5,6,7,8,9\n")
    assert embeddings.matrix[0].tolist() == list(range(1, 11))
    assert "sorted by their number" in repaired(embeddings)


@pytest.mark.parametrize("header", ["0,1,3", "1,2,4", "2,3,4", "1,01,2"])
def test_fault_12_gaps_and_repeated_numbers_are_an_error(csv, header):
    with pytest.raises(DataError) as error:
        csv(f"id,{header}\na,1,2,3\n")
    assert "gaps" in problems(error) or "in two ways" in problems(error)


def test_fault_12_columns_without_a_number_are_metadata_and_named(csv):
    embeddings = csv("id,split,0,1\na,train,1,2\n")
    assert embeddings.matrix.tolist() == [[1, 2]]
    assert warned(embeddings) == ""
    assert messages(embeddings.findings, "note") == [
        "1 metadata column (not read as dimensions): 'split'"
    ]
    assert embeddings.extra == {"split": ["train"]}


def test_fault_73_without_numbered_columns_the_dimensions_must_be_named(csv):
    with pytest.raises(DataError) as error:
        csv("id,x,y\na,1,2\n")
    assert "unclear which columns are the dimensions: 'x', 'y'" in problems(error)
    assert error.value.hint == "--vector x,y"
    assert csv("id,x,y\na,1,2\n", vector="x,y").matrix.tolist() == [[1, 2]]


def test_fault_73_a_column_without_a_name_is_not_a_dimension(csv):
    embeddings = csv(",id,0\n7,a,1\n")
    assert embeddings.matrix.tolist() == [[1]]
    assert embeddings.extra == {"": ["7"]}


def test_fault_13_more_dimensions_than_the_maximum_are_an_error_and_fewer_are_not(csv):
    with pytest.raises(BudgetExceededError) as error:
        csv("id,0,1,2\na,1,2,3\n", limit=2)
    assert "3 dimensions; the maximum is 2" in problems(error)
    assert csv("id,0,1,2\na,1,2,3\n", limit=4).dimension == 3


def test_fault_14_a_constant_column_is_a_warning(csv):
    embeddings = csv("id,0,1,2\na,1,5,2\nb,2,5,2\nc,3,5,2\n")
    assert "same value for every sample (2 times): dimension 1, dimension 2" in warned(embeddings)


def test_fault_14_a_constant_matrix_is_a_warning(csv):
    assert "all samples have the same" in warned(csv("id,0,1\na,7,7\nb,7,7\n"))


@pytest.mark.parametrize("cell", ["1e400", "-3.5e38", "1" + "0" * 39])
@pytest.mark.parametrize("nan", ["error", "zero"])
def test_fault_15_numbers_out_of_range_are_an_error_even_with_nan_zero(csv, cell, nan):
    with pytest.raises(NonFiniteError) as error:
        csv(f"id,0\na,1\nb,{cell}\n", nan=nan)
    assert "beyond the range of float32 in 1 row and 1 column: line 3" in problems(error)


def test_fault_15_the_largest_float32_is_in_the_range(csv):
    assert csv("id,0\na,3.4028235e38\n").matrix[0, 0] == np.finfo(np.float32).max


@pytest.mark.parametrize("text", ["id;0;1\na;1,5;2,5\n", "id\t0\t1\na\t1\t2\n"])
def test_fault_16_other_separators_are_an_error_with_a_hint(csv, text):
    with pytest.raises(DataError) as error:
        csv(text)
    assert "semicolons or tabs" in problems(error)
    assert "commas between cells" in str(error.value.hint)


def test_fault_16_decimal_commas_are_an_error_with_a_hint(csv):
    with pytest.raises(DataError) as error:
        csv('id,0,1\na,"1,5","2,5"\n')
    assert "decimal comma" in problems(error)
    assert "perhaps decimal commas" in _problems_of_bare_decimal_commas(csv)


def _problems_of_bare_decimal_commas(csv) -> str:
    with pytest.raises(ShapeError) as error:
        csv("id,0,1\na,1,5,2,5\n")
    return problems(error)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("e.csv", b"PAR1\x15\x04"),
        ("e.csv", b"PK\x03\x04rest"),
        ("e.csv", gzip.compress(b"id,0\na,1\n")),
        ("e.parquet", b"id,0\na,1\n"),
        ("e.npz", b"id,0\na,1\n"),
        ("e.csv.gz", b"id,0\na,1\n"),
    ],
    # Explicit names of the cases, because the header of gzip holds the time.
    ids=["parquet", "zip", "gzip", "csv as parquet", "csv as npz", "csv as gzip"],
)
def test_fault_17_content_that_does_not_match_the_suffix_is_an_error(csv, name, content):
    with pytest.raises(DataError, match="but its content is"):
        csv(content, name)


def test_fault_17_an_unknown_suffix_is_an_error_that_lists_the_known_ones(csv):
    with pytest.raises(DataError) as error:
        csv("id,0\na,1\n", "e.txt")
    assert ".parquet" in str(error.value.hint)


def test_fault_20_a_truncated_gz_is_an_error(csv):
    complete = gzip.compress(("id,0\n" + "".join(f"a{i},{i / 7}\n" for i in range(999))).encode())
    assert len(csv(complete, "e.csv.gz").ids) == 999
    with pytest.raises(DataError, match="truncated or damaged"):
        csv(complete[: len(complete) // 2], "e.csv.gz")
    with pytest.raises(DataError, match="truncated or damaged"):
        csv(complete[:-9] + b"\0" + complete[-8:], "e.csv.gz")


def test_fault_20_memory_holds_the_matrix_and_some_blocks_but_not_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_reader, "KERNEL_FROM_BYTES", 0)
    monkeypatch.setattr(csv_reader, "BLOCK_BYTES", 1 << 17)
    matrix = np.random.default_rng(0).standard_normal((2000, 256), dtype=np.float32)
    path = tmp_path / "large.csv"
    save_embeddings(Embeddings(tuple(f"a{i}" for i in range(2000)), matrix), path)
    load_embeddings(path)  # so that compilation is not measured
    tracemalloc.start()
    loaded = load_embeddings(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.array_equal(loaded.matrix, matrix)
    assert path.stat().st_size > 2.5 * matrix.nbytes
    assert peak < 1.15 * matrix.nbytes + 16 * (1 << 17)


def test_fault_21_bytes_that_are_not_utf8_are_an_error_with_line_and_offset(csv):
    with pytest.raises(DataError) as error:
        csv(b"id,0\na,1\nb\xe4,2\nc,3\n")
    assert "not UTF-8: line 3 byte 0xe4 at offset 10" in problems(error)


def test_fault_21_a_header_that_is_not_utf8_is_an_error_with_the_offset(csv):
    with pytest.raises(DataError, match="byte 0xe4 at offset 4"):
        csv(b"id,0\xe4\na,1\n")


def test_fault_21_utf16_is_recognised(csv):
    with pytest.raises(DataError, match="UTF-16"):
        csv("id,0\na,1\n".encode("utf-16"))


def test_fault_22_a_git_lfs_pointer_is_an_error_with_a_hint(csv):
    with pytest.raises(DataError, match="git-LFS pointer") as error:
        csv("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 133028192\n")
    assert "git lfs pull" in str(error.value.hint)


@pytest.mark.parametrize("name", ["e.csv", "e.parquet", "e.npz"])
def test_fault_23_a_web_page_with_any_name_is_an_error(csv, name):
    with pytest.raises(DataError, match="web page"):
        csv("  <!DOCTYPE html><html><body>404</body></html>", name)


def test_fault_23_a_compressed_web_page_is_an_error(csv):
    with pytest.raises(DataError, match="web page"):
        csv(gzip.compress(b"<html>404</html>\n"), "e.csv.gz")


@pytest.mark.parametrize("block", [1, 7, 30])
def test_the_size_of_blocks_changes_neither_values_nor_line_numbers(csv, monkeypatch, block):
    good = "id,0\n" + "".join(f"a{row},{row}.5\n" for row in range(40))
    complete = csv(good).matrix.tolist()
    monkeypatch.setattr(csv_reader, "BLOCK_BYTES", block)
    assert csv(good).matrix.tolist() == complete
    assert csv(gzip.compress(good.encode()), "e.csv.gz").matrix.tolist() == complete
    with pytest.raises(DataError) as error:
        csv(good.encode() + b"\nx,\nz\xff,1\na7,1\n")
    text = problems(error)
    offset = len(good) + len("\nx,\nz")
    assert "line 43 column '0'" in text
    assert f"line 44 byte 0xff at offset {offset}" in text
    assert "a7 (line 9, line 45)" in text


def test_all_problems_of_a_file_are_reported_in_one_error(csv):
    with pytest.raises(DataError) as error:
        csv("id,0,2,2\na,x,1,1\na,1,,1\nb,1\nb\xff,1e99,1,1\n".encode("latin-1"))
    codes = (
        "more than once",
        "gaps",
        "is not a number",
        "empty cell",
        "UTF-8",
        "beyond",
        "another",
    )
    assert [code for code in codes if code not in problems(error)] == []


def test_the_reference_file_is_read_as_neucobench_reads_it():
    embeddings = load_embeddings(FIXTURE, lenient=True)
    assert embeddings.matrix.shape == (300, 32)
    header, first = (line.split(",") for line in FIXTURE.read_text().splitlines()[:2])
    row = embeddings.matrix[embeddings.ids.index(first[0])]
    assert row.tolist() == [np.float32(first[header.index(str(column))]) for column in range(32)]
    assert not any(text.endswith((".zarr", ".zip")) for text in embeddings.ids)
    assert "empty cell in 3 rows and 3 columns, counted as 0" in repaired(embeddings)
    assert "file suffix removed from an id (2 times)" in repaired(embeddings)


def test_the_reference_file_is_an_error_when_read_strictly():
    with pytest.raises(NonFiniteError, match="1 problem"):
        load_embeddings(FIXTURE)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("id,0\na,1\nb,2\na,3\n", "id occurs more than once: a (line 2, line 4)"),
        (
            "id,0\na,1\na.zarr,3\n",
            "ids are equal once spaces, folders, file suffixes and Unicode forms are ignored: "
            "'a' (line 2)",
        ),
        ("id,0\na,1\nb,1e400\n", "number beyond the range of float32 in 1 row and 1 column"),
    ],
    ids=["a repeated id", "ids that are equal after the repair", "a number beyond float32"],
)
def test_lenient_reading_keeps_errors_that_would_change_scores(csv, text, problem):
    with pytest.raises(DataError) as error:
        csv(text, lenient=True)
    assert problem in problems(error)


def test_lenient_reading_counts_missing_and_invalid_cells_as_zero(csv):
    embeddings = csv("id,0,1,x\na,nan,inf,u\nb,-,7\n", lenient=True)
    assert embeddings.matrix.tolist() == [[0, 0], [0, 7]]
    assert "counted as 0" in repaired(embeddings)


def test_lenient_reading_allows_gaps_and_warns_of_repeated_columns(csv):
    embeddings = csv("id,7,3,3\na,70,30,31\n", lenient=True)
    assert embeddings.matrix.tolist() == [[30, 70]]
    assert "column name occurs more than once" in warned(embeddings)


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("0,1,3", "gaps between 0 and 3: 2"),
        ("2,3,4", "gaps between 1 and 4: 1"),
        ("0,7,9", "gaps between 0 and 9 (7 times): 1, 2, 3"),
        ("1,2,4000000000", "gaps between 1 and 4000000000 (3999999997 times): 3, 4, 5"),
    ],
    ids=["one", "at-the-start", "many", "very-many"],
)
def test_fault_12_missing_column_numbers_are_counted_with_examples(csv, header, problem):
    with pytest.raises(DataError) as error:
        csv(f"id,{header}\na,1,2,3\n")
    assert problem in problems(error)


def test_a_very_long_number_is_not_a_column_number(csv):
    with pytest.raises(DataError) as error:
        csv(f"id,0,{'1' * 5000}\na,1,2\n")
    assert "named like the dimensions 0, but without a number" in problems(error)


def test_a_file_of_ids_without_dimensions_is_an_error(csv):
    with pytest.raises(DataError) as error:
        csv("id\na\nb\n")
    assert "no embedding columns" in problems(error)


@pytest.mark.parametrize("cell", ["1:5", "1/5", "1_000", "0x10", "1.2.3", "--1", "1e", "e5", "."])
def test_fault_10_malformed_numbers_are_text(csv, cell):
    with pytest.raises(NonFiniteError) as error:
        csv(f"id,0\na,{cell}\nb,1\n")
    assert f"{cell!r}" in problems(error)


@pytest.mark.parametrize(
    ("cell", "value"),
    [("+1", 1), ("-1", -1), ("1.", 1), (".5", 0.5), ("1E2", 100), ("1e+2", 100), ("-0", 0)],
)
def test_all_usual_notations_of_numbers_are_read(csv, cell, value):
    assert csv(f"id,0\na,{cell}\nb,7\n").matrix[:, 0].tolist() == [value, 7]


@settings(derandomize=True, max_examples=60, deadline=None)
@given(cell=st.text(alphabet="0123456789+-.eE_ \t\x1cxna\uff11\u0663\0if", min_size=1, max_size=7))
def test_fault_80_both_readers_accept_the_numbers_of_every_other_reader(cell):
    outcomes = []
    for kernel_from in (0, 1 << 40):
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            patch.setattr(csv_reader, "KERNEL_FROM_BYTES", kernel_from)
            path = Path(folder) / "e.csv"
            path.write_bytes(f"id,0\na,1\nb,{cell}\n".encode())
            try:
                outcomes.append(float(load_embeddings(path).matrix[1, 0]))
            except DataError as error:
                outcomes.append(error.problems or error.message)
    assert outcomes[0] == outcomes[1]
    finite = isinstance(outcomes[0], float) or "beyond the range" in str(outcomes[0])
    assert finite == is_number(cell.strip(" \t"))
