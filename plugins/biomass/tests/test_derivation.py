import h5py
import numpy as np
import pytest

from neuco_plugin_biomass.derivation import mean, std
from neucocore.plugin import ConfigError, DataError, MissingFileError

# Seconds since 2018-01-01: 2019-07-01 and 2020-07-01.
IN_2019, IN_2020 = 546 * 86400.0, 912 * 86400.0
GOOD = {"agbd": 100.0, "q": 1, "degrade": 0, "sensitivity": 0.98, "time": IN_2019}
# Longitude, latitude, and the fields in which the footprint differs from a good one.
FOOTPRINTS = {
    "BEAM0000": [
        (10.001, 45.001, {"agbd": 80.0}),
        (10.002, 45.002, {"agbd": 120.0}),
        (10.003, 45.003, {"agbd": 160.0}),
        (10.004, 45.004, {"agbd": -9999.0}),
        (10.005, 45.005, {"q": 0, "agbd": 900.0}),
    ],
    "BEAM0101": [
        (10.006, 45.006, {"degrade": 3, "agbd": 900.0}),
        (10.007, 45.007, {"sensitivity": 0.9, "agbd": 900.0}),
        (10.008, 45.008, {"time": IN_2020, "agbd": 900.0}),
        (10.021, 45.005, {"agbd": 900.0}),
        (10.105, 45.005, {"q": 0}),
    ],
}


@pytest.fixture
def granule(tmp_path):
    path = tmp_path / "GEDI04_A_2019182000000_O00001_01_T00001_02_002_01_V002.h5"
    with h5py.File(path, "w") as file:
        file.create_group("METADATA")
        for beam, footprints in FOOTPRINTS.items():
            rows = [GOOD | changed for _, _, changed in footprints]
            group = file.create_group(beam)
            group["agbd"] = np.array([row["agbd"] for row in rows], np.float32)
            group["l4_quality_flag"] = np.array([row["q"] for row in rows], np.uint8)
            group["degrade_flag"] = np.array([row["degrade"] for row in rows], np.uint8)
            group["sensitivity"] = np.array([row["sensitivity"] for row in rows], np.float32)
            group["delta_time"] = np.array([row["time"] for row in rows], np.float64)
            group["lon_lowestmode"] = np.array([lon for lon, _, _ in footprints])
            group["lat_lowestmode"] = np.array([lat for _, lat, _ in footprints])
    return [path]


@pytest.fixture
def cubes(tmp_path):
    table = tmp_path / "cubes.csv"
    table.write_text(
        "id,crs,height,width,west,south,east,north\n"
        "wood,EPSG:4326,10,10,10.0,45.0,10.01,45.01\n"
        "bad,EPSG:4326,10,10,10.1,45.0,10.11,45.01\n"
        "empty,EPSG:4326,10,10,20.0,45.0,20.01,45.01\n"
    )
    return str(table)


def test_only_good_footprints_of_the_year_inside_the_cube_count(granule, cubes):
    params = {"cubes": cubes, "year": 2019}

    assert mean(["wood"], granule, minimum=3, **params).y.tolist() == [120.0]
    # (40^2 + 0 + 40^2) / 2 = 1600
    assert std(["wood"], granule, minimum=3, **params).y.tolist() == [40.0]


def test_all_years_and_a_lower_sensitivity_include_more_footprints(granule, cubes):
    labels = mean(["wood"], granule, cubes=cubes, year=None, sensitivity=0.5, minimum=3)

    assert labels.y.tolist() == [(80 + 120 + 160 + 900 + 900) / 5]


def test_cubes_without_enough_good_footprints_are_reported_by_reason(granule, cubes):
    labels = mean(["wood", "bad", "empty", "lost"], granule, cubes=cubes, year=2019, minimum=3)

    assert labels.ids == ("wood",)
    reasons = {finding.message.partition(": ")[2]: finding.examples for finding in labels.findings}
    assert reasons == {
        "all footprints are excluded by quality flags, sensitivity or year": ("bad",),
        "no footprint inside the cube": ("empty",),
        "no grid in the table of cubes": ("lost",),
    }


def test_too_few_footprints_everywhere_is_an_error(granule, cubes):
    with pytest.raises(DataError, match="none of 1 cubes") as caught:
        std(["wood"], granule, cubes=cubes, year=2019, minimum=4)
    assert "fewer than 4 good footprints" in caught.value.problems[0]


def test_footprints_are_located_on_a_projected_cube(granule, tmp_path):
    # On UTM zone 32 the central meridian is 9 degrees; 10.002 E 45.002 N lies near 578970, 4983661.
    table = tmp_path / "utm.csv"
    table.write_text(
        "id,crs,height,width,west,south,east,north\n"
        "a,EPSG:32632,20,20,578870,4983561,579070,4983761\n"
    )
    labels = mean(["a"], granule, cubes=str(table), year=2019, minimum=1)

    assert labels.y.tolist() == [120.0]


def test_a_file_that_is_not_a_granule_is_an_error(tmp_path, cubes):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["values"] = np.zeros(3)
    (tmp_path / "text.h5").write_text("not HDF5")
    for name in ("other.h5", "text.h5"):
        with pytest.raises(DataError, match=f"{name} is not a GEDI L4A granule"):
            mean(["wood"], [tmp_path / name], cubes=cubes, year=2019, minimum=1)
    with pytest.raises(MissingFileError):
        mean(["wood"], [tmp_path / "absent.h5"], cubes=cubes, year=2019, minimum=1)


def test_truth_files_are_labelled_by_the_same_code(tmp_path):
    (tmp_path / "truth").mkdir()
    agbd = np.array([[-9999, 10, -9999], [30, -9999, 50]], np.float32)
    np.savez(tmp_path / "truth/a.npz", agbd=agbd)

    assert mean(["a"], [tmp_path], minimum=3).y.tolist() == [30.0]
    assert std(["a"], [tmp_path], minimum=3).y.tolist() == [20.0]


def test_a_folder_of_granules_is_accepted_as_source(granule, cubes):
    labels = mean(["wood"], [granule[0].parent], cubes=cubes, year=2019, minimum=3)
    assert labels.y.tolist() == [120.0]


def test_a_footprint_with_a_biomass_of_nan_is_not_good(granule, cubes):
    with h5py.File(granule[0], "a") as file:
        file["BEAM0000/agbd"][2] = np.nan
    assert mean(["wood"], granule, cubes=cubes, year=2019, minimum=2).y.tolist() == [100.0]


def test_fields_of_different_lengths_are_an_error(granule, cubes):
    with h5py.File(granule[0], "a") as file:
        del file["BEAM0000/agbd"]
        file["BEAM0000/agbd"] = np.ones(3)
    with pytest.raises(DataError, match="fields of /BEAM0000 have different lengths"):
        mean(["wood"], granule, cubes=cubes, year=2019, minimum=2)


def test_a_standard_deviation_needs_two_footprints(granule, cubes):
    with pytest.raises(ConfigError, match="at least 2 footprints"):
        std(["wood"], granule, cubes=cubes, year=2019, minimum=1)
