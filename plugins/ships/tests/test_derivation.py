import numpy as np
import pandas as pd
import pytest

from neuco_plugin_ships.ais import read_fixes
from neuco_plugin_ships.derivation import detection, position
from neucocore.plugin import ConfigError, DataError

# The central meridian of UTM zone 18 is 75 degrees west. On the equator it has x = 500000 m and
# y = 0, and one degree of longitude is 0.9996 * 111319.49 m.
METRES_PER_DEGREE = 0.9996 * 111319.49
COLUMNS = "MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,Status\n"
HEAD = "id,crs,height,width,west,south,east,north,time,heading\n"
NOON = "2022-07-01T12:00:00"


def lon(east):
    """Return the longitude of a point on the equator, in metres east of the meridian."""
    return -75 + east / METRES_PER_DEGREE


def fix(mmsi, time, east):
    return f"{mmsi},2022-07-01T{time},0.0,{lon(east):.9f},5.0,90.0,511,X,,,70,0\n"


@pytest.fixture
def ais(tmp_path):
    def write(*fixes, name="AIS_2022_07_01.csv"):
        path = tmp_path / name
        path.write_text(COLUMNS + "".join(fixes))
        return [path]

    return write


@pytest.fixture
def cubes(tmp_path):
    """Return a function that writes the grid of 100 x 100 pixels of 10 m around the meridian."""

    def write(time=NOON, heading="0"):
        table = tmp_path / "cubes.csv"
        table.write_text(HEAD + f"a,EPSG:32618,100,100,499500,-500,500500,500,{time},{heading}\n")
        return str(table)

    return write


# A vessel that moves east at 5 m/s and is 100 m east of the meridian at noon.
MOVING = (fix(366000001, "11:59:00", -200), fix(366000001, "12:02:00", 700))
MOORED = (fix(366000002, "11:57:00", -300), fix(366000002, "12:03:00", -300))


def test_the_position_is_interpolated_between_two_fixes(ais, cubes):
    labels = position(["a"], ais(*MOVING), cubes=cubes(), displacement=False)

    # 600 m from the west edge is the left edge of column 60: 59.5 counted from pixel centres.
    np.testing.assert_allclose(labels.y, [[49.5, 59.5]], atol=0.01)
    assert labels.outputs == ("row", "col")


def test_a_receding_vessel_is_displaced_against_the_flight_direction(ais, cubes):
    # Seen from a satellite that flies north and looks east, the ship recedes: at an incidence angle
    # of 30 degrees with 2.5 m/s. It appears 275 m to the south, 27.5 rows further down.
    labels = position(["a"], ais(*MOVING), cubes=cubes(), incidence=30.0, range_over_speed=110.0)

    np.testing.assert_allclose(labels.y, [[77.0, 59.5]], atol=0.01)


def test_an_approaching_vessel_is_displaced_along_the_flight_direction(ais, cubes):
    labels = position(["a"], ais(*MOVING), cubes=cubes(heading="180"), incidence=30.0)

    np.testing.assert_allclose(labels.y, [[77.0, 59.5]], atol=0.01)


def test_a_moored_vessel_is_not_displaced(ais, cubes):
    labels = position(["a"], ais(*MOORED), cubes=cubes())

    np.testing.assert_allclose(labels.y, [[49.5, 19.5]], atol=0.01)


def test_date_selects_an_acquisition_time(ais, cubes):
    times = f"2022-06-01T12:00:00;{NOON}"
    labels = position(["a"], ais(*MOORED), cubes=cubes(time=times), date=1)

    assert len(labels.ids) == 1
    with pytest.raises(ConfigError, match="1 cubes have no time number 2: a"):
        position(["a"], ais(*MOORED), cubes=cubes(time=times), date=2)


def test_several_vessels_are_a_detection_but_give_no_position(ais, cubes):
    source = ais(*MOVING, *MOORED)

    assert detection(["a"], source, cubes=cubes()).y.tolist() == [1]
    with pytest.raises(DataError) as caught:
        position(["a"], source, cubes=cubes())
    assert "several vessels: a" in caught.value.problems[0]


def test_a_scene_is_empty_if_all_vessels_are_elsewhere(ais, cubes):
    far = (fix(366000003, "11:59:00", 40_000), fix(366000003, "12:01:00", 40_000))

    assert detection(["a"], ais(*far), cubes=cubes()).y.tolist() == [0]


def test_without_fixes_in_the_window_a_scene_gets_no_label(ais, cubes):
    early = (fix(366000002, "08:00:00", -300), fix(366000002, "11:00:00", -300))
    with pytest.raises(DataError, match="none of 1 cubes") as caught:
        detection(["a"], ais(*early), cubes=cubes(), window=10.0)
    assert "no AIS fix of any vessel within 10 minutes" in caught.value.problems[0]


def test_a_vessel_without_later_fixes_gives_no_label(ais, cubes):
    with pytest.raises(DataError) as caught:
        detection(["a"], ais(fix(366000002, "11:57:00", -300)), cubes=cubes())
    assert "without fixes both before and after the acquisition" in caught.value.problems[0]


def test_stations_that_are_not_vessels_are_left_out(ais, cubes):
    # A buoy and a base station.
    numbers = (993660001, 3669999)
    others = [fix(mmsi, time, -300) for mmsi in numbers for time in ("11:57:00", "12:03:00")]

    np.testing.assert_allclose(
        position(["a"], ais(*others, *MOORED), cubes=cubes()).y, [[49.5, 19.5]], atol=0.01
    )
    with pytest.raises(DataError, match="none of 4 AIS fixes is a position of a vessel"):
        detection(["a"], ais(*others), cubes=cubes())


def test_a_parquet_table_gives_the_same_labels(ais, cubes, tmp_path):
    (csv,) = ais(*MOVING)
    pd.read_csv(csv).to_parquet(tmp_path / "ais.parquet")

    labels = position(["a"], [tmp_path / "ais.parquet"], cubes=cubes(), displacement=False)

    np.testing.assert_allclose(labels.y, [[49.5, 59.5]], atol=0.01)


def test_displacement_without_a_flight_direction_is_an_error(ais, cubes):
    with pytest.raises(ConfigError, match="1 cubes have no flight direction: a"):
        position(["a"], ais(*MOVING), cubes=cubes(heading=""))


def test_a_grid_in_degrees_is_an_error(ais, tmp_path):
    table = tmp_path / "degrees.csv"
    table.write_text(HEAD + f"a,EPSG:4326,10,10,-75.1,-0.1,-74.9,0.1,{NOON},0\n")
    with pytest.raises(ConfigError, match="not in metres"):
        position(["a"], ais(*MOVING), cubes=str(table))


def test_other_tables_and_invalid_times_are_errors(ais, cubes, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("id,label\na,1\n")
    with pytest.raises(DataError, match=r"other\.csv is not an AIS table"):
        position(["a"], [other], cubes=cubes())
    with pytest.raises(DataError, match="1 of 1 AIS fixes have no valid BaseDateTime"):
        position(["a"], ais(fix(366000002, "25:99:00", 0)), cubes=cubes())


def test_truth_files_are_labelled_by_the_same_code(tmp_path):
    (tmp_path / "truth").mkdir()
    sea, land = np.full((4, 4), 44, np.uint8), np.full((4, 4), 12, np.uint8)
    for cube, cover, ships in (
        ("one", sea, [[1.5, 2.5]]),
        ("none", sea, np.empty((0, 2))),
        ("inland", land, np.empty((0, 2))),
    ):
        np.savez(tmp_path / f"truth/{cube}.npz", corine=cover, ships=np.array(ships))
    ids = ["one", "none", "inland"]

    detections = detection(ids, [tmp_path])
    positions = position(ids, [tmp_path])

    assert dict(zip(detections.ids, detections.y.tolist(), strict=True)) == {"one": 1, "none": 0}
    assert (positions.ids, positions.y.tolist()) == (("one",), [[1.5, 2.5]])


def test_a_folder_of_tables_is_accepted_as_source(ais, cubes, tmp_path):
    (tmp_path / "tables").mkdir()
    files = ais(*MOORED, name="tables/AIS_2022_07_01.csv")
    params = {"cubes": cubes(), "displacement": False}
    from_folder = position(["a"], [tmp_path / "tables"], **params)
    assert from_folder.y.tolist() == position(["a"], files, **params).y.tolist()


def test_a_position_that_is_not_a_number_is_an_error(tmp_path):
    table = tmp_path / "ais.csv"
    table.write_text(
        "MMSI,BaseDateTime,LAT,LON\n"
        "211000001,2022-07-01T14:00:00,29.7N,-94.1\n211000001,2022-07-01T14:01:00,,-94.1\n"
    )
    with pytest.raises(DataError, match=r"1 of 2 AIS fixes have a LAT that is not a number: 29.7N"):
        read_fixes([table])
