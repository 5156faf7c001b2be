from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neucocore.data.cubes.siblings import cube_of_file, labels_of_file
from neucocore.data.cubes.writing import write_modality


@pytest.fixture
def file(tmp_path: Path) -> Path:
    for name, bands in (("s1", ("vv", "vh")), ("s2l2a", ("B02", "B03", "B04"))):
        array = np.full((4, len(bands), 3, 3), len(bands), dtype=np.int16)
        write_modality(tmp_path / "data" / name / "part-000000" / "c1.zarr.zip", array, bands)
    labels = tmp_path / "labels"
    labels.mkdir()
    (labels / "wood__regr.csv").write_text("id,label\nc1,0.25\nc2,1\n")
    (labels / "kind__cls.csv").write_text("id,label\nc1,town\nc2,field\n")
    (labels / "ship__regr.csv").write_text("id,label:row,label:col\nc1,3,4.5\n")
    (labels / "other__regr.csv").write_text("id,label\nc2,1\nc3,2\n")
    return tmp_path / "data" / "s1" / "part-000000" / "c1.zarr.zip"


def test_a_cube_is_read_with_its_other_modalities(file: Path) -> None:
    cube = cube_of_file(file)
    assert cube.id == "c1"
    assert dict(cube.bands) == {"s1": ("vv", "vh"), "s2l2a": ("B02", "B03", "B04")}
    assert cube.season_names == ("spring", "summer", "fall", "winter")
    assert (cube.arrays["s2l2a"] == 3).all()


def test_a_file_in_another_folder_is_a_cube_of_one_modality(tmp_path: Path, file: Path) -> None:
    lonely = tmp_path / "somewhere" / "c1.zarr.zip"
    lonely.parent.mkdir()
    lonely.write_bytes(file.read_bytes())
    assert list(cube_of_file(lonely).arrays) == ["somewhere"]


def test_labels_are_read_from_the_folder_next_to_the_data(file: Path) -> None:
    assert labels_of_file(file) == {"wood": "0.25", "kind": "town", "ship": "3, 4.5"}


def test_an_invalid_label_file_gives_no_labels(file: Path) -> None:
    (file.parents[3] / "labels" / "bad__regr.csv").write_text("nothing\n")
    assert labels_of_file(file) == {}
