"""The variant that is fitted on training cubes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuco_plugin_temporal_mosaiks.encoder import TemporalMosaiks
from neuco_plugin_temporal_mosaiks.trained import TrainedTemporalMosaiks
from neucocore.plugin import Cube


@pytest.fixture
def trained(source_of: Any, cubes: list[Cube]) -> TrainedTemporalMosaiks:
    encoder = TrainedTemporalMosaiks(dimension=3, features=64)
    encoder.prepare(source_of(cubes))
    return encoder


def test_training_rows_are_principal_components_of_the_features(
    trained: TrainedTemporalMosaiks, source_of: Any, cubes: list[Cube]
) -> None:
    plain = TemporalMosaiks(features=64)
    plain.prepare(source_of(cubes))
    features = plain.encode(cubes).astype(np.float64)
    left, singular, _ = np.linalg.svd(features - features.mean(axis=0), full_matrices=False)
    expected = (left * singular)[:, :3]
    rows = trained.encode(cubes)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.abs(rows), np.abs(expected), rtol=1e-3, atol=1e-3)


def test_a_new_cube_does_not_change_the_row_of_another(
    trained: TrainedTemporalMosaiks, cubes: list[Cube], cube: Any
) -> None:
    new = cube("new")
    together = trained.encode([*cubes, new])
    alone = np.concatenate([trained.encode([one]) for one in [*cubes, new]])
    assert together.tobytes() == alone.tobytes()


def test_the_dimension_is_limited_by_the_number_of_training_cubes(
    source_of: Any, cubes: list[Cube]
) -> None:
    encoder = TrainedTemporalMosaiks(dimension=1024, features=64)
    encoder.prepare(source_of(cubes[:4]))
    assert encoder.encode(cubes).shape == (6, 4)


def test_an_encoder_restored_from_its_state_gives_the_same_rows(
    trained: TrainedTemporalMosaiks, cubes: list[Cube]
) -> None:
    worker = TrainedTemporalMosaiks(dimension=3, features=64)
    worker.restore(trained.state())
    assert worker.encode(cubes).tobytes() == trained.encode(cubes).tobytes()
