from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import neucocore
from neucocore.data.cubes.writing import write_modality


def test_every_exported_name_can_be_had() -> None:
    for name in neucocore.__all__:
        assert getattr(neucocore, name) is not None


def test_importing_the_package_imports_nothing_else() -> None:
    program = "import sys, neucocore; print([m for m in ('numpy', 'typer') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        neucocore.nothing  # noqa: B018


def test_the_workflow_works_as_functions(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = []
    for number in range(40):
        level = rng.normal()
        array = rng.normal(level, 1, (1, 2, 8, 8)).astype(np.float32)
        file = tmp_path / "cubes" / "data" / "s1" / "part-000000" / f"c{number:02d}.zarr.zip"
        write_modality(file, array, ("vv", "vh"))
        rows.append(f"c{number:02d},{level:.6f}")
    (tmp_path / "cubes" / "labels").mkdir()
    labels = tmp_path / "cubes" / "labels"
    (labels / "level__regr.csv").write_text("id,label\n" + "\n".join(rows) + "\n")
    for encoder, params in (("random", {"dimension": 4}), ("constant", {"dimension": 4})):
        report = neucocore.encode(
            encoder,
            dataset="folder",
            data=tmp_path / "cubes",
            output=tmp_path / f"{encoder}.parquet",
            params=params,
        )
        assert (report.rows, report.columns) == (40, 4)
        runs = neucocore.evaluate(
            report.path, labels=labels, output=tmp_path / "results", protocol="nested-cv"
        )
        assert [row["task"] for row in runs[0].rows()] == ["level"]
    (table,) = neucocore.leaderboard(tmp_path / "results")
    assert sorted(record["method"] for record in table.records()) == ["constant", "random"]
