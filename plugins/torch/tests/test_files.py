from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from neuco_plugin_torch.commands import app
from neuco_plugin_torch.files import autoencode
from neucocore import Embeddings, load_embeddings, save_embeddings
from neucocore.plugin import ConfigError, DataError, IdError

QUICK = {"hidden": 8, "epochs": 2}


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Return two embeddings files of the same twelve cubes in different orders."""
    rng = np.random.default_rng(1)
    ids = [f"cube-{n:02d}" for n in range(12)]
    for name, order, columns in (("a", ids, 5), ("b", ids[::-1], 3)):
        matrix = rng.normal(size=(12, columns)).astype(np.float32)
        save_embeddings(Embeddings(tuple(order), matrix, {}), tmp_path / f"{name}.npz")
    return [tmp_path / "a.npz", tmp_path / "b.npz"]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    file = tmp_path / "elevation__regr.csv"
    rows = [f"cube-{n:02d},{n * 10}" for n in range(2, 14)]
    file.write_text("\n".join(["id,label", *rows]) + "\n")
    return file


def test_rows_are_matched_by_id(files: list[Path]) -> None:
    result = autoencode(files, dimension=2, **QUICK)
    assert result.ids == tuple(sorted(result.ids))
    assert result.matrix.shape == (12, 2)
    a, b = (load_embeddings(file) for file in files)
    reversed_rows = Embeddings(b.ids[::-1], b.matrix[::-1].copy(), {})
    save_embeddings(reversed_rows, files[1])
    assert autoencode(files, dimension=2, **QUICK).matrix.tobytes() == result.matrix.tobytes()
    assert a.ids == reversed_rows.ids


def test_the_metadata_describe_the_sources_without_paths(files: list[Path], target: Path) -> None:
    result = autoencode(files, [target], dimension=2, weights=["1", "0.5"], **QUICK)
    description = result.metadata["autoencoder"]
    assert [(s["name"], s["dimension"]) for s in description["sources"]] == [("a", 5), ("b", 3)]
    assert description["targets"][0]["name"] == "elevation__regr"
    assert description["targets"][0]["known"] == 10
    assert description["params"]["weights"] == ["1", "0.5"]
    assert result.metadata["fit"] == "transductive"
    assert str(target.parent) not in str(result.metadata)


def test_targets_change_the_result(files: list[Path], target: Path) -> None:
    without = autoencode(files, dimension=2, **QUICK)
    enriched = autoencode(files, [target], dimension=2, **QUICK)
    assert not np.allclose(without.matrix, enriched.matrix)


def test_files_with_different_ids_are_an_error(files: list[Path]) -> None:
    b = load_embeddings(files[1])
    save_embeddings(Embeddings(b.ids[1:], b.matrix[1:], {}), files[1])
    with pytest.raises(IdError) as caught:
        autoencode(files, dimension=2, **QUICK)
    assert caught.value.problems == ("1 of 12 ids are missing in b.npz: cube-11",)
    with pytest.raises(ConfigError, match="no embeddings files"):
        autoencode([], dimension=2)


def test_classes_as_targets_are_an_error(files: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "kind__cls.csv"
    file.write_text("id,label\ncube-01,1\ncube-02,0\n")
    with pytest.raises(DataError, match="must be regression labels, not binary labels"):
        autoencode(files, [file], dimension=2, **QUICK)


def test_targets_of_other_cubes_are_an_error(files: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "far__regr.csv"
    file.write_text("id,label\nother-1,1.5\nother-2,0\n")
    with pytest.raises(IdError, match="a label for none of the 12 cubes"):
        autoencode(files, [file], dimension=2, **QUICK)


def test_the_command_writes_the_result_of_the_function(
    files: list[Path], target: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.npz"
    options = ["--dimension", "2", "--hidden", "8", "--epochs", "2", "--weights", "1, 0.5"]
    names = [str(file) for file in files]
    done = CliRunner().invoke(app, [*names, "-o", str(out), "--targets", str(target), *options])
    assert done.exit_code == 0, done.output
    expected = autoencode(files, [target], dimension=2, weights=["1", "0.5"], **QUICK)
    assert load_embeddings(out).matrix.tobytes() == expected.matrix.tobytes()
