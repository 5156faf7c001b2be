from __future__ import annotations

import pytest

from neucocore.data.labels.coverage import coverage, covering_subset
from neucocore.data.labels.label_folder import read_label_folder


@pytest.fixture
def files(tmp_path):
    (tmp_path / "a__regr.csv").write_text(
        "id,label,dev,eval,place\nx,1,True,False,n\ny,2,True,False,n\nz,3,False,True,n\n"
    )
    (tmp_path / "b__regr.csv").write_text("id,label,dev,eval\ny,1,True,False\nw,2,False,True\n")
    return read_label_folder(tmp_path)


def test_fault_05_missing_ids_are_an_error_and_06_extra_ids_a_warning():
    findings = coverage(["a", "b", "c"], {"b", "d", "e"}, "labels")
    assert [(f.code, f.level, f.count, f.examples) for f in findings] == [
        ("missing-ids", "error", 2, ("d", "e")),
        ("extra-ids", "warning", 2, ("a", "c")),
    ]


def test_full_coverage_has_no_findings():
    assert coverage(["a"], {"a"}, "labels") == []


def test_a_column_is_suggested_if_all_its_ids_have_embeddings(files):
    assert covering_subset(files, {"x", "y", "q"}) == "dev"
    assert covering_subset(files, {"z", "w"}) == "eval"


def test_no_column_is_suggested_if_none_is_covered(files):
    assert covering_subset(files, {"x"}) is None
