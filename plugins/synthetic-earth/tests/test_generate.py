from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from neuco_plugin_synthetic_earth import generate as module
from neuco_plugin_synthetic_earth.generate import generate
from neucocore.plugin import ConfigError, DataError, read_label_file, read_modality

CHALLENGE_FILES = {
    "biomass_mean__regr.csv",
    "biomass_std__regr.csv",
    "clouds_reg__regr.csv",
    "crops__regr.csv",
    "heatisland_mean__regr.csv",
    "heatisland_std__regr.csv",
    "landcover_agriculture__regr.csv",
    "landcover_forest__regr.csv",
    "nodata__regr.csv",
    "random_clean_cls__cls.csv",
    "random_clean_reg__regr.csv",
}
SHIP_FILES = {"ships_detection__cls.csv", "ships_position__regr.csv"}


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_cube_has_three_modalities_a_truth_file_and_a_location(earth: Path) -> None:
    ids = {row["id"] for row in rows_of(earth / "locations.csv")}
    assert len(ids) == 10
    for modality in ("s1", "s2l1c", "s2l2a"):
        files = (earth / "data" / modality / "part-000000").iterdir()
        assert {path.name.removesuffix(".zarr.zip") for path in files} == ids
    assert {path.stem for path in (earth / "truth").iterdir()} == ids
    assert all(len(name) == 64 and int(name, 16) >= 0 for name in ids)


def test_arrays_have_the_shapes_and_types_of_ssl4eo_s12_downstream(earth: Path) -> None:
    expected = {"s1": (2, np.float32), "s2l1c": (13, np.int16), "s2l2a": (12, np.int16)}
    for modality, (bands, dtype) in expected.items():
        path = next((earth / "data" / modality).rglob("*.zarr.zip"))
        array, findings = read_modality(path)
        assert array.shape == (4, bands, 32, 32)
        assert array.dtype == dtype
        assert [f for f in findings if f.level == "error"] == []


def test_truth_files_have_the_documented_rasters(earth: Path) -> None:
    expected = {
        "corine": (np.uint8, (32, 32)),
        "cdl": (np.uint8, (32, 32)),
        "agbd": (np.float32, (32, 32)),
        "st_b10": (np.uint16, (32, 32)),
        "clouds": (np.uint8, (4, 32, 32)),
        "elevation": (np.float32, (32, 32)),
    }
    with np.load(next((earth / "truth").iterdir()), allow_pickle=False) as truth:
        assert set(truth) == {*expected, "ships"}
        assert {name: (truth[name].dtype, truth[name].shape) for name in expected} == expected
        assert truth["ships"].dtype == np.float64
        assert truth["ships"].shape[1] == 2


def test_the_cubes_of_a_place_are_adjacent(earth: Path) -> None:
    rows = [r for r in rows_of(earth / "locations.csv") if r["place"] == "place-0000"]
    assert [(r["row"], r["col"]) for r in rows] == [("0", "0"), ("0", "1"), ("1", "0"), ("1", "1")]
    north, south = float(rows[0]["lat"]), float(rows[2]["lat"])
    assert (north - south) * 111_320 == pytest.approx(320, rel=0.01)


def test_the_label_files_have_the_columns_of_the_challenge(
    world: Path,
) -> None:
    files = {path.name: path for path in (world / "labels").iterdir()}
    assert set(files) == CHALLENGE_FILES | SHIP_FILES
    for name, path in files.items():
        header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
        labels = ["label:row", "label:col"] if name.startswith("ships_pos") else ["label"]
        phases = ["cvpr_earthvision_phase_dev", "cvpr_earthvision_phase_eval"]
        assert header == ["id", *labels, *phases]
        assert read_label_file(path).findings == ()


def test_all_cubes_of_a_place_are_in_the_same_phase(earth: Path) -> None:
    place = {row["id"]: row["place"] for row in rows_of(earth / "locations.csv")}
    phases: dict[str, set[str]] = {}
    for row in rows_of(earth / "labels" / "nodata__regr.csv"):
        dev, test = row["cvpr_earthvision_phase_dev"], row["cvpr_earthvision_phase_eval"]
        assert {dev, test} == {"True", "False"}
        phases.setdefault(place[row["id"]], set()).add(dev)
    assert all(len(seen) == 1 for seen in phases.values())


def test_the_same_seed_gives_the_same_bytes_for_any_number_of_jobs(
    earth: Path, tmp_path: Path
) -> None:
    again = generate(tmp_path / "again", cubes=10, size=32, seed=3, jobs=2)
    assert digests(again) == digests(earth)


def test_the_first_cubes_are_the_same_for_every_number_of_cubes(
    earth: Path, tmp_path: Path
) -> None:
    fewer = digests(generate(tmp_path / "fewer", cubes=5, size=32, seed=3))
    cubes = {name: value for name, value in fewer.items() if name.startswith(("data", "truth"))}
    assert len(cubes) == 20
    assert cubes.items() <= digests(earth).items()


def test_cubes_can_be_added_to_an_existing_earth(earth: Path, tmp_path: Path) -> None:
    folder = generate(tmp_path / "growing", cubes=5, size=32, seed=3)
    generate(folder, cubes=10, size=32, seed=3)
    assert digests(folder) == digests(earth)


def test_a_different_seed_gives_different_cubes(earth: Path, tmp_path: Path) -> None:
    other = digests(generate(tmp_path / "other", cubes=1, size=32, seed=4))
    assert not set(other.values()) & set(digests(earth).values())


def test_progress_counts_cubes(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    generate(
        tmp_path / "earth", cubes=6, size=16, progress=lambda done, of: calls.append((done, of))
    )
    assert calls == [(4, 6), (6, 6)]


def test_a_part_folder_has_a_maximum_number_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FILES_PER_PART", 4)
    folder = generate(tmp_path / "earth", cubes=5, size=16)
    parts = {path.name: len(list(path.iterdir())) for path in (folder / "data/s1").iterdir()}
    assert parts == {"part-000000": 4, "part-000001": 1}


@pytest.mark.parametrize(
    ("invalid", "message"),
    [
        ({"cubes": 0}, "cubes=0"),
        ({"size": 8}, "size=8"),
        ({"size": 4000}, "size=4000"),
        ({"jobs": 0}, "jobs=0"),
    ],
)
def test_invalid_parameters_are_an_error_before_anything_is_written(
    tmp_path: Path, invalid: dict[str, int], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        generate(tmp_path / "earth", **({"cubes": 4, "size": 16} | invalid))
    assert not (tmp_path / "earth").exists()


def test_a_folder_with_other_files_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(DataError, match="not empty"):
        generate(tmp_path, cubes=4, size=16)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("changed", [{"seed": 4}, {"size": 16}, {"cubes": 9}])
def test_a_folder_with_a_different_earth_is_not_changed(
    earth: Path, changed: dict[str, int]
) -> None:
    before = digests(earth)
    with pytest.raises(DataError, match="another synthetic Earth"):
        generate(earth, **({"cubes": 10, "size": 32, "seed": 3} | changed))
    assert digests(earth) == before


def test_a_manifest_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / module.MANIFEST).write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match=r"synthetic-earth\.json"):
        generate(tmp_path, cubes=4, size=16)
    (tmp_path / module.MANIFEST).write_text(json.dumps([1]), encoding="utf-8")
    with pytest.raises(DataError, match=r"synthetic-earth\.json"):
        generate(tmp_path, cubes=4, size=16)
