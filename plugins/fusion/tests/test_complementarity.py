"""What each embedding adds, for embeddings with known content."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from neuco_plugin_fusion.commands import app
from neuco_plugin_fusion.complementarity import complementarity
from neucocore import load_embeddings
from neucocore.plugin import ConfigError

Save = Callable[..., Path]


def test_each_signal_adds_its_half_but_a_copy_adds_nothing(
    save: Save, labels: Path, signals: np.ndarray, tmp_path: Path
) -> None:
    files = [
        save("first", signals[:, :1]),
        save("second", signals[:, 1:]),
        save("copy", 3 * signals[:, 1:] + 1),
    ]
    contributions = complementarity(files, labels=labels, output=tmp_path / "runs")
    by_part = {part.part: part for part in contributions}
    assert list(by_part) == ["first", "second", "copy"]
    first, second, copy = by_part.values()
    assert first.together is not None
    assert first.adds is not None
    assert copy.adds is not None
    assert second.alone is not None
    assert first.together > 0.95
    assert 0.2 < second.alone < 0.8
    assert first.adds > 0.3
    assert abs(copy.adds) < 0.02


def test_existing_runs_are_not_repeated(
    save: Save, labels: Path, signals: np.ndarray, tmp_path: Path
) -> None:
    files = [save("first", signals[:, :1]), save("second", signals[:, 1:])]
    output = tmp_path / "runs"
    once = complementarity(files, labels=labels, output=output)
    runs = sorted(output.glob("*/*/run.json"))
    assert complementarity(files, labels=labels, output=output) == once
    assert sorted(output.glob("*/*/run.json")) == runs


def test_two_files_with_the_same_name_are_an_error(
    save: Save, labels: Path, tmp_path: Path
) -> None:
    file = save("same", np.ones((120, 1)))
    with pytest.raises(ConfigError, match="with different names are required, not same, same"):
        complementarity([file, file], labels=labels, output=tmp_path)


def test_the_command_make_writes_a_file(save: Save, signals: np.ndarray, tmp_path: Path) -> None:
    files = [save("first", signals[:, :1]), save("second", signals[:, 1:])]
    out = tmp_path / "fused.npz"
    done = CliRunner().invoke(
        app,
        ["make", *map(str, files), "--output", str(out), "--weights", "2,1", "--reducer", "none"],
    )
    assert done.exit_code == 0, done.output
    spread = load_embeddings(out).matrix.std(axis=0)
    np.testing.assert_allclose(spread, [2, 1], rtol=1e-4)


def test_the_command_report_prints_one_row_per_part(
    save: Save, labels: Path, signals: np.ndarray, tmp_path: Path
) -> None:
    files = [save("first", signals[:, :1]), save("second", signals[:, 1:])]
    words = ["report", *map(str, files), "--labels", str(labels), "--output", str(tmp_path / "r")]
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)
    assert [row["part"] for row in rows] == ["first", "second"]
    assert rows[0]["without"] == rows[1]["alone"]
    assert rows[0]["adds"] == pytest.approx(rows[0]["together"] - rows[0]["without"])
    table = CliRunner().invoke(app, words).stdout.splitlines()
    assert table[0].split() == ["task", "metric", "part", "alone", "together", "without", "adds"]
    assert len(table) == 3
