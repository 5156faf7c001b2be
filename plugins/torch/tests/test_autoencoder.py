from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuco_plugin_torch.autoencoder import KthAutoencoder
from neucocore.plugin import ComponentOutputError, ConfigError, NonFiniteError, ShapeError

QUICK: dict[str, Any] = {"hidden": 64, "epochs": 60, "learning_rate": 3e-3, "dropout": 0.0}


def explained(reduced: np.ndarray, truth: np.ndarray) -> float:
    """Return the share of the variance explained by a linear function of the reduced rows."""
    X = np.column_stack([np.ones(len(reduced)), reduced])
    residual = truth - X @ np.linalg.lstsq(X, truth, rcond=None)[0]
    return 1 - residual.var() / truth.var()


def test_a_bottleneck_with_the_rank_of_the_matrix_preserves_it() -> None:
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(200, 3))
    matrix = (factors @ rng.normal(size=(3, 30))).astype(np.float32)
    reduced = KthAutoencoder(3, **QUICK).fit(matrix).apply(matrix)
    assert reduced.shape == (200, 3)
    assert reduced.dtype == np.float32
    assert min(explained(reduced, factor) for factor in factors.T) > 0.8


def test_the_weights_determine_which_source_is_preserved() -> None:
    rng = np.random.default_rng(1)
    factors = rng.normal(size=(2, 200, 2))
    mixed = [factor @ rng.normal(size=(2, 10)) for factor in factors]
    matrix = np.concatenate(mixed, axis=1).astype(np.float32)
    for kept, weights in ((0, ("1", "0")), (1, ("0.01", "1"))):
        reducer = KthAutoencoder(2, sources=("10", "10"), weights=weights, **QUICK)
        reduced = reducer.fit(matrix).apply(matrix)
        assert min(explained(reduced, factor) for factor in factors[kept].T) > 0.8
        assert max(explained(reduced, factor) for factor in factors[1 - kept].T) < 0.3


def test_targets_add_information_to_the_bottleneck() -> None:
    rng = np.random.default_rng(2)
    matrix = rng.normal(size=(300, 12)).astype(np.float32) * np.float32([3] * 11 + [1])
    targets = matrix[:, 11:].astype(np.float64)
    targets[::7] = np.nan
    without = KthAutoencoder(2, **QUICK).fit(matrix).apply(matrix)
    enriched = KthAutoencoder(2, target_weight=10, **QUICK).fit(matrix, targets).apply(matrix)
    assert explained(without, matrix[:, 11]) < 0.2
    assert explained(enriched, matrix[:, 11]) > 0.5


@pytest.fixture
def matrix() -> np.ndarray:
    return np.random.default_rng(3).normal(size=(70, 9)).astype(np.float32)


SHORT: dict[str, Any] = {"hidden": 16, "epochs": 3}


def test_the_same_seed_gives_the_same_bytes(matrix: np.ndarray) -> None:
    first, again, other = (
        KthAutoencoder(4, seed=seed, **SHORT).fit(matrix).apply(matrix) for seed in (1, 1, 2)
    )
    assert first.tobytes() == again.tobytes()
    assert not np.allclose(first, other)


def test_a_row_does_not_depend_on_the_number_of_rows() -> None:
    matrix = np.random.default_rng(4).normal(size=(300, 9)).astype(np.float32)
    reducer = KthAutoencoder(4, **SHORT).fit(matrix)
    pieces = [reducer.apply(matrix[a:b]) for a, b in ((0, 256), (256, 257), (257, 300))]
    assert np.concatenate(pieces).tobytes() == reducer.apply(matrix).tobytes()


@pytest.mark.parametrize("targets", [None, np.arange(140.0).reshape(70, 2)])
def test_a_reducer_restored_from_its_state_gives_the_same_rows(
    matrix: np.ndarray, targets: np.ndarray | None
) -> None:
    fitted = KthAutoencoder(4, **SHORT).fit(matrix, targets)
    other = KthAutoencoder(4, **SHORT)
    other.restore({name: np.array(array) for name, array in fitted.state().items()})
    assert other.apply(matrix).tobytes() == fitted.apply(matrix).tobytes()
    assert other.bytes_per_row() == 16


def test_the_learning_rate_decays_after_60_and_90_percent_of_the_epochs(
    matrix: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    rates: list[float] = []
    step = torch.optim.AdamW.step

    def recording_step(self: Any, *args: Any, **more: Any) -> Any:
        rates.append(self.param_groups[0]["lr"])
        assert self.param_groups[0]["weight_decay"] == 0.05
        return step(self, *args, **more)

    monkeypatch.setattr(torch.optim.AdamW, "step", recording_step)
    KthAutoencoder(2, hidden=4, epochs=10, batch=35).fit(matrix)
    expected = [1e-4] * 12 + [1e-5] * 6 + [1e-6] * 2
    np.testing.assert_allclose(rates, expected, rtol=1e-6)


def test_sources_must_add_up_to_the_columns(matrix: np.ndarray) -> None:
    with pytest.raises(ConfigError, match="sources=4,4 add up to 8 columns, but the matrix has 9"):
        KthAutoencoder(2, sources=(4, 4), **SHORT).fit(matrix)


def test_there_must_be_one_weight_per_source(matrix: np.ndarray) -> None:
    with pytest.raises(ConfigError, match="3 weights for 2 sources"):
        KthAutoencoder(2, sources=(4, 5), weights=(1, 2, 3), **SHORT).fit(matrix)


def test_all_invalid_parameters_are_reported_together() -> None:
    with pytest.raises(ConfigError) as caught:
        KthAutoencoder(0, epochs=0, dropout=1.0, weights=("-1",), learning_rate=float("nan"))
    assert len(caught.value.problems) == 5
    with pytest.raises(ConfigError, match="weights=1,heavy is not a list of numbers"):
        KthAutoencoder(2, weights=("1", "heavy"))


def test_fault_53_a_diverging_training_is_an_error(matrix: np.ndarray) -> None:
    with pytest.raises(ComponentOutputError, match="diverged"):
        KthAutoencoder(2, hidden=4, epochs=40, learning_rate=1e30).fit(matrix)


def test_invalid_matrices_are_an_error(matrix: np.ndarray) -> None:
    with pytest.raises(ShapeError, match=r"matrix of shape \(0, 9\)"):
        KthAutoencoder(2, **SHORT).fit(matrix[:0])
    with pytest.raises(NonFiniteError, match="1 of 9 columns"):
        KthAutoencoder(2, **SHORT).fit(np.where(matrix == matrix[0, 0], np.nan, matrix))
    reducer = KthAutoencoder(2, **SHORT).fit(matrix)
    with pytest.raises(ShapeError, match="fitted on 9 columns"):
        reducer.apply(matrix[:, :5])
