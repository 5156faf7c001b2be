"""The labels of the generated Earth equal those that the task plugins derive from the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neucocore.plugin import read_label_file

DERIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "landcover_agriculture__regr": ("landcover.derivation:agriculture", {}),
    "landcover_forest__regr": ("landcover.derivation:forest", {}),
    "crops__regr": ("crops.derivation:corn_and_soybean", {}),
    "biomass_mean__regr": ("biomass.derivation:mean", {"minimum": 10}),
    "biomass_std__regr": ("biomass.derivation:std", {"minimum": 20}),
    "clouds_reg__regr": ("clouds.derivation:cover", {}),
    "heatisland_mean__regr": (
        "heatisland.derivation:mean",
        {"minimum": 0.5, "months": ("6", "7", "8")},
    ),
    "heatisland_std__regr": (
        "heatisland.derivation:std",
        {"minimum": 0.5, "months": ("6", "7", "8")},
    ),
    "nodata__regr": ("nodata.derivation:share", {}),
    "ships_position__regr": ("ships.derivation:position", {}),
    "ships_detection__cls": ("ships.derivation:detection", {}),
    "random_clean_reg__regr": ("random.derivation:number", {}),
    "random_clean_cls__cls": ("random.derivation:coin", {}),
}


@pytest.mark.parametrize("name", list(DERIVATIONS))
def test_written_labels_equal_derived_ones(world: Path, name: str) -> None:
    path, params = DERIVATIONS[name]
    module, _, function = path.partition(":")
    derivation = pytest.importorskip(f"neuco_plugin_{module}")
    written = read_label_file(world / "labels" / f"{name}.csv")
    cubes = [path.stem for path in sorted((world / "truth").iterdir())]
    # Only cubes with sea have a detection label; among them the definitions are the same.
    ids = written.ids if name == "ships_detection__cls" else cubes
    derived = getattr(derivation, function)(ids, [world], **params)
    assert derived.ids == written.ids
    assert np.allclose(derived.y, written.y, atol=1e-6)
