"""``neuco validate FOLDER`` for data sets of every kind of files, at several widths."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import zarr

from neucocore.cli import main

PLUGIN = """
import numpy as np
from pathlib import Path
from neucocore.plugin import Cube, DatasetSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_datasets():
    return [DatasetSpec(name="arrays", summary="s", factory=Arrays, license="MIT", citation="-")]


class Arrays:
    modalities = ("image",)

    def __init__(self, path):
        self.path = Path(path)

    def ids(self):
        return sorted(file.stem for file in self.path.glob("*.npy"))

    def read(self, ids):
        for sample in ids:
            array = np.load(self.path / f"{sample}.npy")
            yield Cube(sample, {"image": array}, {"image": ("red", "nir")})

    def label_files(self):
        return []
"""


def arrays(folder: Path) -> list[str]:
    """Write arrays, one of which is constant, and the plugin that reads them."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in ("a", "b", "c"):
        np.save(folder / f"{name}.npy", rng.integers(1, 9000, (2, 2, 16, 16)).astype("uint16"))
    np.save(folder / "constant.npy", np.full((2, 2, 16, 16), 7, "uint16"))
    (folder / "plugin.py").write_text(PLUGIN)
    return ["--plugin-path", str(folder / "plugin.py"), "validate", str(folder)]


def zarr_folders(folder: Path, version: int) -> list[str]:
    """Write cubes as folders of a version of Zarr."""
    rng = np.random.default_rng(0)
    for name in ("a", "b", "c"):
        path = folder / "data" / "oli" / f"{name}.zarr"
        group = zarr.open_group(path, mode="w", zarr_format=version)
        values = rng.integers(1, 9000, (1, 2, 2, 16, 16)).astype("uint16")
        array = group.create_array("bands", data=values)
        array.attrs["_ARRAY_DIMENSIONS"] = ["sample", "time", "band", "y", "x"]
    return ["validate", str(folder)]


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize("kind", ["arrays", "zarr 2", "zarr 3", "geotiff"])
def test_a_report_fits_the_terminal(on_terminal, tmp_path: Path, kind: str, columns: int) -> None:
    folder = tmp_path / "d"
    if kind == "arrays":
        words = [*arrays(folder), "--dataset", "arrays"]
    elif kind == "geotiff":
        folder.mkdir()
        pytest.importorskip("neuco_plugin_geotiff.example").write(folder)
        words = ["validate", str(folder)]
    else:
        words = zarr_folders(folder, int(kind[-1]))
    lines = on_terminal(columns, *words)
    text = " ".join(" ".join(lines).split())
    cubes = 4 if kind in ("arrays", "geotiff") else 3
    warned = 1 if kind == "arrays" else 0
    unit = "files" if kind.startswith("zarr") else "cubes"
    assert f"{cubes} {unit}: 0 with errors, {warned} with warnings only" in text
    assert max(map(len, lines)) <= columns, lines


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda array: array[:, :, 0], "must be numbers of shape"),
        (lambda array: array[:, :1], "has 2 names for 1 bands"),
        (lambda array: array.astype("float32"), "type float32; 3 cubes have uint16"),
        (lambda array: np.full(array.shape, np.nan, "float32"), "NaN"),
    ],
)
def test_errors_of_a_third_partys_cubes_are_reported_per_cube(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    change: object, error: str,
) -> None:  # fmt: skip
    words = arrays(tmp_path / "d")
    np.save(tmp_path / "d/b.npy", change(np.load(tmp_path / "d/b.npy")))  # type: ignore[operator]
    monkeypatch.setattr(sys, "argv", ["neuco", *words, "--dataset", "arrays"])
    with pytest.raises(SystemExit) as end:
        main()
    printed = capsys.readouterr()
    assert end.value.code == 4
    assert error in printed.out
    assert "1 of 4 cubes cannot be used" in printed.err


def test_a_folder_of_other_files_needs_the_name_of_its_data_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["neuco", *arrays(tmp_path / "d")])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 4
    assert "--dataset NAME" in capsys.readouterr().err
