"""The synthetic Earth's labels come from its truth by the tasks' own derivations."""

import json
import shutil

import numpy as np
import pytest

from neucocore.components.factory import resolve
from neucocore.components.lookup import find
from neucocore.data.labels.label_file import read_label_file
from neucocore.data.labels.label_folder import read_label_folder
from neucocore.data.labels.stats import label_stats
from neucocore.derivation.derive import derive_folder
from neucocore.errors import DataError
from neucocore.evaluation.inputs import ScoringInput
from neucocore.evaluation.nested_cv import NestedCVProtocol
from neucocore.evaluation.protocols import protocol
from neucocore.evaluation.tasks import select_tasks

score = NestedCVProtocol().score

CUBES = 40


@pytest.fixture(scope="module")
def earth(tmp_path_factory):
    folder = tmp_path_factory.mktemp("earth")
    component = find("dataset", "synthetic-earth")
    resolve(component, component.spec.generate)(folder, cubes=CUBES, size=64, seed=0, jobs=1)
    return folder


@pytest.fixture(scope="module")
def derived(earth, tmp_path_factory):
    folder = tmp_path_factory.mktemp("derived")
    derive_folder("synthetic-earth", earth, folder)
    return {file.stem: file for file in read_label_folder(folder)}


def test_all_thirteen_tasks_are_derived(derived):
    assert len(derived) == 13


def test_an_earth_too_small_for_a_task_keeps_the_others(earth, tmp_path):
    truth = tmp_path / "earth/truth"
    truth.mkdir(parents=True)
    shutil.copytree(earth / "data", tmp_path / "earth/data")
    for file in sorted((earth / "truth").glob("*.npz")):
        with np.load(file) as arrays:
            cityless = dict(arrays) | {"st_b10": np.zeros((64, 64), np.uint16)}
        np.savez(truth / file.name, **cityless)

    derived = derive_folder("synthetic-earth", tmp_path / "earth", tmp_path / "out")

    failed = {name for name, labels in derived.items() if isinstance(labels, DataError)}
    assert failed == {"heatisland-mean", "heatisland-std"}
    assert len(list((tmp_path / "out").iterdir())) == 11


def test_the_labels_that_come_with_it_are_the_derived_ones(earth, derived):
    shipped = {file.stem: file for file in read_label_folder(earth / "labels")}
    assert set(shipped) == set(derived)
    for stem in sorted(derived):
        assert set(shipped[stem].ids) == set(derived[stem].ids), stem
        position = {cube: row for row, cube in enumerate(shipped[stem].ids)}
        rows = [position[cube] for cube in derived[stem].ids]
        # Label files hold six decimals.
        np.testing.assert_allclose(shipped[stem].y[rows], derived[stem].y, atol=1e-6, err_msg=stem)


def test_phases_of_label_files_that_are_there_are_kept(earth, tmp_path):
    shutil.copytree(earth, tmp_path / "earth")
    folder = tmp_path / "earth/labels"
    before = read_label_file(folder / "nodata__regr.csv")

    derive_folder("synthetic-earth", tmp_path / "earth", folder)

    for name in ("nodata__regr.csv", "random_clean_reg__regr.csv"):
        after = read_label_file(folder / name)
        assert after.ids == before.ids
        assert after.extra == before.extra
    assert len(before.extra) == 2


def test_their_statistics_are_those_of_an_earth(derived):
    stats = {stem: label_stats(file) for stem, file in derived.items()}
    json.dumps(stats, allow_nan=False)

    assert stats["nodata"]["count"] == CUBES
    assert stats["random_clean_reg"]["count"] == CUBES
    for stem in ("landcover_forest", "landcover_agriculture", "crops", "nodata"):
        share = stats[stem]["distribution"]
        assert 0 <= share["min"] < share["max"] <= 1, stem
    kelvin = stats["heatisland_mean"]["distribution"]
    assert 270 < kelvin["min"] < kelvin["max"] < 335
    biomass = stats["biomass_mean"]["distribution"]
    assert 0 <= biomass["min"] < biomass["max"] < 1000
    assert stats["ships_position"]["distribution"]["row"]["max"] < 63.5
    assert set(stats["ships_detection"]["distribution"]) == {"0", "1"}
    assert stats["ships_position"]["count"] <= stats["ships_detection"]["count"] < CUBES


def test_ships_are_scored_by_output_together_and_as_distance_in_pixels_and_metres(derived):
    ships = derived["ships_position"]
    (task,) = select_tasks([ships], dataset="synthetic-earth").tasks
    # An embedding that knows rows but nothing of columns.
    rows = ships.y[:, :1].astype(np.float32)
    given = ScoringInput(ships.ids, rows, (task,), frozenset(ships.ids))

    (outcome,) = score(given, protocol("nested-cv").values())

    assert task.key == "ships-position@1"
    assert outcome.extra["r2:row"] > 0.9
    assert outcome.extra["r2:col"] < 0.5
    assert outcome.score == pytest.approx((outcome.extra["r2:row"] + outcome.extra["r2:col"]) / 2)
    pixels, metres = outcome.extra["mean-distance"], outcome.extra["ship-distance-metres"]
    assert metres == pytest.approx(10 * pixels)
