from __future__ import annotations

import math

import pytest

from neucocore.data.embeddings.sidecar import read_sidecar, sidecar_path, write_sidecar
from neucocore.errors import DataError


def test_a_written_record_is_read_again(tmp_path):
    write_sidecar(tmp_path / "e.csv", {"seconds": 1.5, "machine": "ü", "list": [None]})
    assert sidecar_path(tmp_path / "e.csv") == tmp_path / "e.csv.run.json"
    assert read_sidecar(tmp_path / "e.csv") == {"seconds": 1.5, "machine": "ü", "list": [None]}


def test_a_missing_sidecar_is_none(tmp_path):
    assert read_sidecar(tmp_path / "e.csv") is None


@pytest.mark.parametrize("text", ["{", "[]", "\udcff"])
def test_an_invalid_sidecar_is_an_error_with_a_hint(tmp_path, text):
    path = tmp_path / "e.csv.run.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(DataError, match=r"e\.csv\.run\.json is not"):
        read_sidecar(tmp_path / "e.csv")


def test_nan_is_not_written_and_the_old_record_stays(tmp_path):
    write_sidecar(tmp_path / "e.csv", {"a": 1})
    with pytest.raises(ValueError, match="JSON compliant"):
        write_sidecar(tmp_path / "e.csv", {"a": math.nan})
    assert read_sidecar(tmp_path / "e.csv") == {"a": 1}
