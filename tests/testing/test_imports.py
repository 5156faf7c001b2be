"""Checks of the metadata and source files of a plugin."""

from __future__ import annotations

from pathlib import Path

import pytest

from neucocore.testing.imports import core_imports, requirement_problem


@pytest.mark.parametrize(
    "text",
    [
        "neucocore>=0.1,<0.2",
        "neucocore<0.2,>=0.1",
        "neucocore[hub]>=0.1,<0.2",
        "neucocore~=0.1.0",
        "neucocore==0.1.*",
        "Neucocore (<0.2,>=0.1)",
    ],
)
def test_every_kind_of_upper_bound_is_accepted(text: str) -> None:
    assert requirement_problem(["numpy", text]) == ""


@pytest.mark.parametrize(
    ("requires", "problem"),
    [
        ([], "do not contain neucocore"),
        (["neucocore-extras<3"], "do not contain neucocore"),
        (["neucocore>=0.1"], "no upper bound"),
        (['neucocore; python_version < "4"'], "no upper bound"),
    ],
    ids=["nothing", "another distribution", "open", "bounded python"],
)
def test_a_requirement_of_the_core_without_upper_bound_is_reported(
    requires: list[str], problem: str
) -> None:
    assert problem in requirement_problem(requires)


def test_a_source_file_can_declare_its_encoding(tmp_path: Path) -> None:
    file = tmp_path / "old.py"
    file.write_bytes(
        "# -*- coding: latin-1 -*-\nimport neucocore.data\nX = 'é'\n".encode("latin-1")
    )
    assert list(core_imports(file)) == [(2, "neucocore.data")]
