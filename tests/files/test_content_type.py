from __future__ import annotations

import pytest

from neucocore.errors import DataError, MissingFileError
from neucocore.files.content_type import detect_content, placeholder


@pytest.mark.parametrize(
    ("head", "content"),
    [
        (b"", "empty"),
        (b"id,0,1\n", "text"),
        (b"PK\x03\x04rest", "zip"),
        (b"PK\x05\x06", "zip"),
        (b"PAR1", "parquet"),
        (b"\x1f\x8b\x08", "gzip"),
    ],
)
def test_the_first_bytes_decide_whatever_the_name(tmp_path, head, content):
    path = tmp_path / "misleading.npz"
    path.write_bytes(head)
    assert detect_content(path) == content


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "is a git-LFS pointer, not the data"),
        (b"\xef\xbb\xbf\n <!DOCTYPE html>", "is a web page, not the data"),
        (b"\xff\xfei\0", "UTF-16 byte order mark"),
    ],
)
def test_text_that_is_not_data_is_an_error(tmp_path, head, message):
    path = tmp_path / "e.csv"
    path.write_bytes(head)
    with pytest.raises(DataError, match=message) as error:
        detect_content(path)
    assert error.value.hint


def test_a_missing_file_and_a_folder_are_errors_with_a_hint(tmp_path):
    with pytest.raises(MissingFileError, match="there is no file") as missing:
        detect_content(tmp_path / "e.csv")
    assert missing.value.hint == f"ls {tmp_path}"
    with pytest.raises(DataError, match="is a folder, not a file"):
        detect_content(tmp_path)


def test_data_is_not_a_placeholder():
    assert placeholder(b"id,0\na,1\n", "e.csv") is None
