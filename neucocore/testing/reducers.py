"""Checks of reducers: rows in, rows out, as many bytes as they say, at any scale."""

from __future__ import annotations

from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from neucocore.components.factory import create
from neucocore.components.specs import ReducerSpec
from neucocore.errors import NeucoError
from neucocore.interfaces import Reducer
from neucocore.testing.declarations import ComponentBench
from neucocore.testing.encoders import expect_arrays
from neucocore.testing.randomness import leaving_generators_alone, seeded_globally
from neucocore.testing.records import Skip, check, expect

ROWS, COLUMNS, DIMENSION = 40, 24, 8
SCALES = (1e-3, 1e3)
TOLERANCE = 1e-4
Matrix = NDArray[np.float32]


class ReducerBench(ComponentBench):
    """A reducer with a matrix to reduce."""

    @property
    def reducer_spec(self) -> ReducerSpec:
        """The spec."""
        return cast(ReducerSpec, self.spec)

    def new_matrix(self, seed: int = 5) -> Matrix:
        """Correlated columns around different means, (n, d) float32."""
        rng = np.random.default_rng(seed)
        mixed = rng.normal(size=(ROWS, COLUMNS)) @ rng.normal(size=(COLUMNS, COLUMNS))
        return (mixed + rng.normal(size=COLUMNS)).astype(np.float32)

    @cached_property
    def matrix(self) -> Matrix:
        """The matrix that many checks share."""
        return self.new_matrix()

    @cached_property
    def dimension(self) -> int | None:
        """`DIMENSION`, or None for reducers that keep all columns and refuse less."""
        try:
            create(self.component, dimension=DIMENSION).fit(self.matrix)
        except NeucoError:
            return None
        return DIMENSION

    def fitted(self, matrix: Matrix) -> Reducer:
        """Return a new reducer fitted on a matrix."""
        reducer: Reducer = create(self.component, dimension=self.dimension)
        return reducer.fit(matrix)

    @cached_property
    def reducer(self) -> Reducer:
        """A fitted reducer that many checks share."""
        return self.fitted(self.matrix)

    @cached_property
    def reduced(self) -> Matrix:
        """The reduced matrix."""
        return self.reducer.apply(self.matrix)


@check("reducer-made", "reducer")
def reducer_made(bench: ReducerBench) -> None:
    """It can be made for a dimension and fitted, and fit returns it."""
    expect(hasattr(bench.reducer, "apply"), f"fit returned {bench.reducer!r}, not the reducer")


@check("reducer-shape", "reducer")
def reducer_shape(bench: ReducerBench) -> None:
    """It returns one row a row, no more columns than asked for, float32 and finite."""
    reduced = bench.reduced
    most = bench.dimension or COLUMNS
    expect(
        reduced.ndim == 2 and len(reduced) == ROWS and 0 < reduced.shape[1] <= most,
        f"a matrix of shape {(ROWS, COLUMNS)} became {reduced.shape}, asked for {most} columns",
    )
    expect(reduced.dtype == np.float32, f"apply returned {reduced.dtype}; expected float32")
    expect(np.isfinite(reduced).all(), "apply returned NaN or infinite numbers")


@check("reducer-rows", "reducer")
def reducer_rows(bench: ReducerBench) -> None:
    """Once fitted, it reduces each row on its own."""
    alone = np.concatenate([bench.reducer.apply(bench.matrix[row : row + 1]) for row in range(3)])
    scale = float(np.abs(bench.reduced).max())
    difference = float(np.abs(alone - bench.reduced[:3]).max())
    expect(
        difference <= TOLERANCE * scale,
        f"a row applied alone differs by up to {difference:.2g} from the same row among others",
    )


@check("reducer-fitted", "reducer")
def reducer_fitted(bench: ReducerBench) -> None:
    """A reducer that says it is not fitted gives the same after any matrix."""
    if bench.reducer_spec.fitted:
        raise Skip("it says fitted=True")
    other = bench.fitted(bench.new_matrix(seed=6)).apply(bench.matrix)
    expect(
        np.array_equal(other, bench.reduced),
        "it depends on the matrix it was fitted on, but says fitted=False",
    )


@check("reducer-repeatable", "reducer")
def reducer_repeatable(bench: ReducerBench) -> None:
    """The same matrix gives the same bytes, whatever the global seeds."""
    with seeded_globally(9):
        again = bench.fitted(bench.matrix).apply(bench.matrix)
    expect(again.tobytes() == bench.reduced.tobytes(), "fitted again, it gives something else")


@check("reducer-global-random", "reducer")
def reducer_global_random(bench: ReducerBench) -> None:
    """It leaves the global generators of random numbers alone."""
    leaving_generators_alone(lambda: bench.fitted(bench.matrix).apply(bench.matrix))


@check("reducer-scale", "reducer")
def reducer_scale(bench: ReducerBench) -> None:
    """It works for numbers a thousand times smaller or larger."""
    for scale in SCALES:
        matrix = np.float32(scale) * bench.matrix
        reduced = bench.fitted(matrix).apply(matrix)
        expect(np.isfinite(reduced).all(), f"NaN or infinite numbers at scale {scale:g}")
        rank = np.linalg.matrix_rank(reduced - reduced.mean(axis=0))
        expect(rank > 0, f"all rows become equal at scale {scale:g}")


@check("reducer-bytes", "reducer")
def reducer_bytes(bench: ReducerBench) -> None:
    """The bytes of a stored row are those of its columns at the declared bits."""
    found = bench.reducer.bytes_per_row()
    expected = bench.reduced.shape[1] * bench.reducer_spec.bits / 8
    expect(
        abs(found - expected) < 1,
        f"bytes_per_row() is {found:g}; {bench.reduced.shape[1]} columns of "
        f"{bench.reducer_spec.bits} bits are {expected:g}",
    )


@check("reducer-state", "reducer")
def reducer_state(bench: ReducerBench) -> None:
    """Its fitted state is plain arrays."""
    expect_arrays(dict(bench.reducer.state()))


@check("reducer-restore", "reducer")
def reducer_restore(bench: ReducerBench) -> None:
    """A reducer restored from its state gives the same bytes."""
    other: Any = create(bench.component, dimension=bench.dimension)
    if not hasattr(other, "restore"):
        raise Skip("it has no restore()")
    other.restore({name: np.array(array) for name, array in bench.reducer.state().items()})
    same = other.apply(bench.matrix).tobytes() == bench.reduced.tobytes()
    expect(same, "restored from state(), it gives something else")


@check("reducer-input", "reducer")
def reducer_input(bench: ReducerBench) -> None:
    """It leaves the matrix as it is."""
    given = bench.new_matrix()
    bench.fitted(given).apply(given)
    expect(np.array_equal(given, bench.new_matrix()), "fit or apply changed its input")
