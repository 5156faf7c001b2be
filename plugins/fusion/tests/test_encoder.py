"""The encoder that combines other encoders."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuco_plugin_fusion.encoder import Fusion
from neucocore import create, find
from neucocore.plugin import ConfigError, ShapeError, make_cubes


def prepared(source: Any, **params: Any) -> Fusion:
    encoder = Fusion(**{"encoders": ["mean", "random"]} | params)
    encoder.prepare(source)
    return encoder


def test_parts_are_concatenated_with_equal_variance(source: Any) -> None:
    cubes = list(source.read(source.ids))
    rows = prepared(source).encode(cubes)
    assert rows.dtype == np.float32
    assert rows.shape == (5, 256 + 1024)
    for name, part in (("mean", rows[:, :256]), ("random", rows[:, 256:])):
        own = create(find("encoder", name)).encode(cubes).astype(np.float64)
        centred = own - own.mean(axis=0)
        expected = centred / np.sqrt(centred.var(axis=0).sum())
        np.testing.assert_allclose(part, expected, atol=1e-5)


def test_weights_change_the_variance_of_a_part(source: Any) -> None:
    rows = prepared(source, weights=["3", "1"]).encode(list(source.read(source.ids)))
    assert rows[:, :256].var(axis=0).sum() == pytest.approx(9, rel=1e-4)
    assert rows[:, 256:].var(axis=0).sum() == pytest.approx(1, rel=1e-4)


def test_a_row_does_not_depend_on_the_other_cubes_of_the_batch(source: Any) -> None:
    encoder, cubes = prepared(source), list(source.read(source.ids))
    alone = np.concatenate([encoder.encode([cube]) for cube in cubes])
    assert encoder.encode(cubes).tobytes() == alone.tobytes()


def test_an_encoder_restored_from_its_state_gives_the_same_rows(source: Any) -> None:
    encoder, worker = prepared(source), Fusion(encoders=["mean", "random"])
    worker.restore(encoder.state())
    cubes = list(source.read(source.ids))
    assert worker.encode(cubes).tobytes() == encoder.encode(cubes).tobytes()


def test_the_state_includes_the_states_of_prepared_parts(
    source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Shifted:
        def prepare(self, source: Any) -> None:
            self.shift = np.array([len(source.ids)])

        def state(self) -> dict[str, np.ndarray]:
            return {"shift": self.shift}

        def restore(self, state: dict[str, np.ndarray]) -> None:
            self.shift = state["shift"]

        def encode(self, cubes: Any) -> np.ndarray:
            values = [[cube.arrays["s1"].mean() * self.shift[0]] for cube in cubes]
            return np.array(values, np.float32)

    monkeypatch.setattr("neuco_plugin_fusion.encoder._part", lambda name: Shifted())
    encoder, worker = prepared(source, encoders=["a", "b"]), Fusion(encoders=["a", "b"])
    worker.restore(encoder.state())
    cubes = list(source.read(source.ids))
    assert worker.encode(cubes).tobytes() == encoder.encode(cubes).tobytes()
    assert np.ptp(encoder.encode(cubes)) > 0


@pytest.mark.parametrize("names", [[], ["mean", "mean"]])
def test_the_same_encoder_twice_or_none_is_an_error(names: list[str]) -> None:
    with pytest.raises(ConfigError, match="one or more different encoders"):
        Fusion(encoders=names)


def test_a_fusion_cannot_be_part_of_a_fusion() -> None:
    with pytest.raises(ConfigError, match="cannot be part of a fusion because it is a fusion"):
        Fusion(encoders=["mean", "fusion"])


def test_encoding_before_preparing_is_an_error(source: Any) -> None:
    with pytest.raises(ConfigError, match="is not prepared"):
        Fusion().encode(list(source.read(source.ids)))


def test_cubes_of_another_form_than_those_prepared_on_are_refused(source: Any) -> None:
    other = make_cubes(1, seasons=2)
    with pytest.raises(ShapeError, match=r"return \[512, 1024\] .* returned \[256, 1024\]"):
        prepared(source).encode(other)
