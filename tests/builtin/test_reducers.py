"""The built-in reducers: results, sizes, state and errors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from neucocore.builtin.reducers import blocks as reducers
from neucocore.builtin.reducers.pca import PCA
from neucocore.builtin.reducers.projection import RandomProjection
from neucocore.builtin.reducers.quantise import (
    Float16,
    NormalSteps,
    OneBit,
    Uniform,
    int2,
    int4,
    normal1,
    normal2,
    normal4,
)
from neucocore.builtin.reducers.specs import reducer_specs
from neucocore.components.discovery import Component
from neucocore.components.factory import create
from neucocore.errors import BudgetExceededError, ConfigError, NonFiniteError, ShapeError

QUANTISERS = [Float16, Uniform, int4, int2, NormalSteps, normal4, normal2, normal1, OneBit]
ALL = [PCA, RandomProjection, *QUANTISERS]

Matrix = NDArray[np.float32]


def correlated(rows: int, columns: int) -> Matrix:
    """Correlated columns of decreasing variance, far from the origin."""
    rng = np.random.default_rng(rows + columns)
    scale = 0.8 ** np.arange(columns)
    mixed = (rng.standard_normal((rows, columns)) * scale) @ rng.standard_normal((columns, columns))
    return (mixed + 10).astype(np.float32)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reducers, "BLOCK_ROWS", 16)


@pytest.mark.parametrize("shape", [(60, 12), (9, 25), (20, 20)])
@pytest.mark.usefixtures("small_blocks")
def test_pca_equals_the_singular_value_decomposition(shape: tuple[int, int]) -> None:
    matrix = correlated(*shape)
    centred = matrix.astype(np.float64) - matrix.mean(axis=0, dtype=np.float64)
    _, singular, directions = np.linalg.svd(centred, full_matrices=False)
    expected = centred @ directions.T
    pca = PCA(6).fit(matrix)
    result = pca.apply(matrix)
    assert result.dtype == np.float32
    np.testing.assert_allclose(np.abs(result), np.abs(expected[:, :6]), rtol=1e-4, atol=1e-4)
    variance = singular[:6] ** 2 / (len(matrix) - 1)
    np.testing.assert_allclose(pca.state()["variance"], variance, rtol=1e-6)
    total = centred.var(axis=0, ddof=1).sum()
    assert float(pca.state()["total_variance"]) == pytest.approx(total)


@pytest.mark.parametrize(
    ("shape", "dimension", "expected"),
    [((40, 10), 1024, 10), ((8, 30), 1024, 8), ((40, 30), 7, 7), ((5, 6), None, 5)],
)
def test_pca_has_no_more_columns_than_dimension_columns_and_rows(
    shape: tuple[int, int], dimension: int | None, expected: int
) -> None:
    matrix = correlated(*shape)
    pca = PCA(dimension).fit(matrix)
    assert pca.apply(matrix).shape == (shape[0], expected)
    assert pca.bytes_per_row() == 4 * expected


@pytest.mark.parametrize("shape", [(40, 6), (6, 40)])
def test_pca_makes_the_largest_loading_positive(shape: tuple[int, int]) -> None:
    axes = PCA(4).fit(correlated(*shape)).state()["axes"]
    flipped = PCA(4).fit(-correlated(*shape)).state()["axes"]
    assert (np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], 1) > 0).all()
    np.testing.assert_allclose(axes, flipped, atol=1e-10)


@pytest.mark.parametrize("shape", [(30, 8), (8, 30), (2, 5)])
def test_pca_makes_directions_without_variance_zero(shape: tuple[int, int]) -> None:
    rows, columns = shape
    matrix = correlated(rows, columns)
    matrix[:, 3:] = matrix[:, :1]  # at most three directions
    result = PCA().fit(matrix).apply(matrix)
    rank = min(3, rows - 1)
    assert (result[:, rank:] == 0).all()
    assert (result[:, :rank].std(axis=0) > 1e-3).all()


def test_pca_of_a_constant_matrix_is_zero() -> None:
    matrix = np.full((10, 4), 7, np.float32)
    assert (PCA().fit(matrix).apply(matrix) == 0).all()


@pytest.mark.usefixtures("small_blocks")
def test_pca_reads_a_memory_map(tmp_path: Path) -> None:
    matrix = correlated(70, 5)
    matrix.tofile(tmp_path / "matrix")
    mapped = np.memmap(tmp_path / "matrix", np.float32, "r", shape=matrix.shape)
    one, two = (PCA(3).fit(m).apply(m) for m in (mapped, matrix))
    assert one.tobytes() == two.tobytes()


def test_projection_keeps_squared_distances_on_average() -> None:
    rng = np.random.default_rng(1)
    matrix = rng.standard_normal((40, 500), dtype=np.float32)
    reduced = RandomProjection(200).fit(matrix).apply(matrix)
    assert reduced.shape == (40, 200)

    def squares(m: Matrix) -> NDArray[np.float64]:
        return ((m[:, None] - m[None]) ** 2).sum(axis=2)[np.triu_indices(40, 1)]

    ratio = squares(reduced) / squares(matrix)
    assert ratio.mean() == pytest.approx(1, abs=0.03)
    assert ratio.std() < 0.15


def test_projection_depends_on_the_seed_but_not_on_the_data() -> None:
    one, two = correlated(20, 8), correlated(30, 8)
    axes = [
        RandomProjection(3, seed).fit(m).state()["axes"]
        for m, seed in [(one, 1), (two, 1), (one, 2)]
    ]
    np.testing.assert_array_equal(axes[0], axes[1])
    assert np.abs(axes[0] - axes[2]).max() > 0.1


def test_float16_rounds_to_eleven_bits() -> None:
    matrix = np.array([[1.0, 1 + 2**-10, 1 + 2**-12, 65504.0]], np.float32)
    reducer = Float16().fit(matrix)
    np.testing.assert_array_equal(reducer.apply(matrix), [[1.0, 1 + 2**-10, 1.0, 65504.0]])


def test_float16_rejects_numbers_outside_its_range() -> None:
    matrix = np.array([[1.0, -7e4]], np.float32)
    with pytest.raises(NonFiniteError, match="up to 65504; the matrix has 70000"):
        Float16().fit(matrix).apply(matrix)


@pytest.mark.parametrize(("make", "levels"), [(Uniform, 256), (int4, 16)])
@pytest.mark.usefixtures("small_blocks")
def test_uniform_error_is_at_most_half_a_step_of_each_column(
    make: Callable[[], Uniform], levels: int
) -> None:
    matrix = correlated(100, 5) * np.array([1, 10, 100, 1e-3, 0], np.float32)
    reducer = make().fit(matrix)
    error = np.abs(reducer.apply(matrix) - matrix).max(axis=0)
    half = np.ptp(matrix, axis=0) / (levels - 1) / 2
    assert (error <= half * 1.001 + 1e-6 * np.abs(matrix).max(axis=0)).all()
    assert (error[:4] > 0.8 * half[:4]).all()  # the numbers are really rounded


def test_uniform_clips_numbers_outside_the_fitted_range() -> None:
    reducer = Uniform().fit(np.array([[0.0], [1.0]], np.float32))
    clipped = reducer.apply(np.array([[-5.0], [7.0]], np.float32))
    np.testing.assert_allclose(clipped, [[0], [1]], atol=1e-6)


@pytest.mark.parametrize(
    ("make", "error"),
    [(normal1, 0.3634), (normal2, 0.1188), (normal4, 0.01154)],
)
def test_steps_by_deviation_have_the_published_error_of_normal_columns(
    make: Callable[[], NormalSteps], error: float
) -> None:
    """Mean squared errors of Max (IRE Transactions on Information Theory 6, 1960), table II."""
    columns = np.random.default_rng(2).standard_normal((200_000, 2)) * [1, 50] + [0, 7]
    matrix = columns.astype(np.float32)
    found = make().fit(matrix).apply(matrix)
    relative = np.square(found - columns).mean(axis=0) / [1, 2500]
    np.testing.assert_allclose(relative, error, rtol=0.03)


def test_the_error_of_8_bits_is_that_of_the_integral() -> None:
    x = np.linspace(-8, 8, 400_001)
    density = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    level = np.clip(np.floor(x / 0.0308) + 0.5, -127.5, 127.5) * 0.0308
    expected = np.trapezoid((x - level) ** 2 * density, x)
    sample = np.random.default_rng(2).standard_normal((200_000, 1)).astype(np.float32)
    found = NormalSteps().fit(sample).apply(x.astype(np.float32)[:, None])[:, 0]
    np.testing.assert_allclose(np.trapezoid((x - found) ** 2 * density, x), expected, rtol=0.02)


def test_a_few_extreme_rows_spoil_steps_by_range_and_not_those_by_deviation() -> None:
    rng = np.random.default_rng(3)
    matrix = np.vstack([rng.standard_normal((5000, 1)), [[80.0]]]).astype(np.float32)
    errors = [
        np.square(make().fit(matrix).apply(matrix) - matrix)[:-1].mean() for make in (int2, normal2)
    ]
    assert errors[0] > 0.9
    assert errors[1] < 0.4


def test_codes_of_steps_by_deviation_by_hand() -> None:
    matrix = np.array([[-1.0], [1.0]] * 8, np.float32)  # mean 0, deviation 1
    reducer = normal2().fit(matrix)
    codes = reducer.to_codes(np.array([[-9.0], [-0.5], [0.5], [9.0]], np.float32))
    assert (codes >> 6).ravel().tolist() == [0, 1, 2, 3]
    levels = reducer.apply(np.array([[-9.0], [-0.5], [0.5], [9.0]], np.float32)).ravel()
    np.testing.assert_allclose(levels, 0.9957 * np.array([-1.5, -0.5, 0.5, 1.5]), rtol=1e-6)


@pytest.mark.usefixtures("small_blocks")
def test_one_bit_gives_the_mean_of_each_side() -> None:
    matrix = np.array([[0.0, 5.0], [1.0, 5.0], [8.0, 5.0], [11.0, 5.0]] * 10, np.float32)
    result = OneBit().fit(matrix).apply(matrix)
    np.testing.assert_allclose(result[:4, 0], [0.5, 0.5, 9.5, 9.5])
    np.testing.assert_allclose(result[:, 1], 5)


def test_codes_are_packed_with_the_first_number_in_the_highest_bits() -> None:
    matrix = np.array([[0, 15, 3], [15, 0, 0], [0, 0, 15]], np.float32)
    assert int4().fit(matrix).to_codes(matrix)[0].tolist() == [0x0F, 0x30]
    assert OneBit().fit(matrix).to_codes(matrix)[0].tolist() == [0b01000000]
    assert Uniform().fit(matrix).to_codes(matrix)[0].tolist() == [0, 255, 51]


@pytest.mark.parametrize("make", QUANTISERS)
def test_codes_have_the_declared_size_and_determine_the_numbers(make: Callable[[], Any]) -> None:
    matrix = correlated(50, 11)
    reducer = make().fit(matrix)
    codes = reducer.to_codes(matrix)
    assert codes.dtype == np.uint8
    assert codes.shape == (50, reducer.bytes_per_row())
    # Rows with equal codes have equal numbers.
    result = reducer.apply(matrix)
    assert len(np.unique(codes, axis=0)) == len(np.unique(result, axis=0))


@pytest.mark.parametrize("make", QUANTISERS)
def test_quantisers_reject_a_maximum_below_the_number_of_columns(
    make: Callable[[int], Any],
) -> None:
    with pytest.raises(
        BudgetExceededError, match=r"keeps all 12 columns, more than the maximum of 8"
    ):
        make(8).fit(correlated(20, 12))


@pytest.mark.parametrize("make", ALL)
@pytest.mark.usefixtures("small_blocks")
def test_a_row_does_not_depend_on_the_other_rows(make: Callable[[], Any]) -> None:
    matrix = correlated(70, 300)
    reducer = make().fit(matrix)
    together = reducer.apply(matrix)
    alone = np.concatenate([reducer.apply(matrix[i : i + 1]) for i in range(70)])
    assert together.tobytes() == alone.tobytes()


@pytest.mark.parametrize("make", ALL)
def test_a_reducer_restored_from_its_state_gives_the_same_result(make: Callable[[], Any]) -> None:
    matrix = correlated(40, 9)
    reducer, other = make().fit(matrix), make()
    other.restore(reducer.state())
    assert other.apply(matrix).tobytes() == reducer.apply(matrix).tobytes()
    assert other.bytes_per_row() == reducer.bytes_per_row()


@pytest.mark.parametrize("make", ALL)
def test_fitting_on_an_empty_matrix_is_an_error(make: Callable[[], Any]) -> None:
    with pytest.raises(ShapeError, match=r"cannot be fitted on a matrix of shape \(0, 3\)"):
        make().fit(np.empty((0, 3), np.float32))


@pytest.mark.parametrize("make", ALL)
def test_fitting_on_nan_or_infinity_is_an_error(make: Callable[[], Any]) -> None:
    matrix = correlated(20, 4)
    matrix[[3, 5], 2] = np.nan, np.inf
    with pytest.raises(NonFiniteError, match=r"2 of 20 rows contain NaN or infinite .*rows 3, 5"):
        make().fit(matrix)


@pytest.mark.parametrize("make", ALL)
def test_applying_to_a_different_number_of_columns_is_an_error(make: Callable[[], Any]) -> None:
    reducer = make().fit(correlated(20, 4))
    with pytest.raises(ShapeError, match=r"fitted on 4 columns .* shape \(20, 5\)"):
        reducer.apply(correlated(20, 5))


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("use", ["bytes_per_row", "state"])
def test_using_a_reducer_before_fit_is_an_error(make: Callable[[], Any], use: str) -> None:
    with pytest.raises(RuntimeError, match="must be fitted first"):
        getattr(make(), use)()


@pytest.mark.parametrize("make", ALL)
def test_zero_dimensions_are_an_error(make: Callable[[int], Any]) -> None:
    with pytest.raises(ConfigError, match=r"dimension=0: .* at least 1 dimension"):
        make(0)


@pytest.mark.parametrize("spec", reducer_specs(), ids=lambda spec: spec.name)
def test_the_bits_of_a_spec_match_its_reducer(spec: Any) -> None:
    component = Component(
        spec=spec, plugin="core", distribution="neucocore", distribution_version="0"
    )
    reducer = create(component, dimension=None).fit(correlated(20, 16))
    assert reducer.bytes_per_row() * 8 == 16 * spec.bits
