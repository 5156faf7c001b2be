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
from neucocore.testing.declarations import ComponentContext
from neucocore.testing.encoders import expect_arrays
from neucocore.testing.randomness import leaving_generators_alone, seeded_globally
from neucocore.testing.records import Skip, check, require

ROWS, COLUMNS, DIMENSION = 40, 24, 8
SCALES = (1e-3, 1e3)
TOLERANCE = 1e-4
Matrix = NDArray[np.float32]


class ReducerContext(ComponentContext):
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
def reducer_made(context: ReducerContext) -> None:
    """It can be made for a dimension and fitted, and fit returns it."""
    require(hasattr(context.reducer, "apply"), f"fit returned {context.reducer!r}, not the reducer")


@check("reducer-shape", "reducer")
def reducer_shape(context: ReducerContext) -> None:
    """It returns one row a row, no more columns than asked for, float32 and finite."""
    reduced = context.reduced
    most = context.dimension or COLUMNS
    require(
        reduced.ndim == 2 and len(reduced) == ROWS and 0 < reduced.shape[1] <= most,
        f"a matrix of shape {(ROWS, COLUMNS)} became {reduced.shape}, asked for {most} columns",
    )
    require(reduced.dtype == np.float32, f"apply returned {reduced.dtype}; expected float32")
    require(np.isfinite(reduced).all(), "apply returned NaN or infinite numbers")


@check("reducer-rows", "reducer")
def reducer_rows(context: ReducerContext) -> None:
    """Once fitted, it reduces each row on its own."""
    alone = np.concatenate(
        [context.reducer.apply(context.matrix[row : row + 1]) for row in range(3)]
    )
    scale = float(np.abs(context.reduced).max())
    difference = float(np.abs(alone - context.reduced[:3]).max())
    require(
        difference <= TOLERANCE * scale,
        f"a row applied alone differs by up to {difference:.2g} from the same row among others",
    )


@check("reducer-fitted", "reducer")
def reducer_fitted(context: ReducerContext) -> None:
    """A reducer that says it is not fitted gives the same after any matrix."""
    if context.reducer_spec.needs_fit:
        raise Skip("it says needs_fit=True")
    other = context.fitted(context.new_matrix(seed=6)).apply(context.matrix)
    require(
        np.array_equal(other, context.reduced),
        "it depends on the matrix it was fitted on, but says needs_fit=False",
    )


@check("reducer-repeatable", "reducer")
def reducer_repeatable(context: ReducerContext) -> None:
    """The same matrix gives the same bytes, whatever the global seeds."""
    with seeded_globally(9):
        again = context.fitted(context.matrix).apply(context.matrix)
    require(again.tobytes() == context.reduced.tobytes(), "fitted again, it gives something else")


@check("reducer-global-random", "reducer")
def reducer_global_random(context: ReducerContext) -> None:
    """It leaves the global generators of random numbers alone."""
    leaving_generators_alone(lambda: context.fitted(context.matrix).apply(context.matrix))


@check("reducer-scale", "reducer")
def reducer_scale(context: ReducerContext) -> None:
    """It works for numbers a thousand times smaller or larger."""
    for scale in SCALES:
        matrix = np.float32(scale) * context.matrix
        reduced = context.fitted(matrix).apply(matrix)
        require(np.isfinite(reduced).all(), f"NaN or infinite numbers at scale {scale:g}")
        rank = np.linalg.matrix_rank(reduced - reduced.mean(axis=0))
        require(rank > 0, f"all rows become equal at scale {scale:g}")


@check("reducer-bytes", "reducer")
def reducer_bytes(context: ReducerContext) -> None:
    """The bytes of a stored row are those of its columns at the declared bits."""
    found = context.reducer.bytes_per_row()
    expected = context.reduced.shape[1] * context.reducer_spec.bits / 8
    require(
        abs(found - expected) < 1,
        f"bytes_per_row() is {found:g}; {context.reduced.shape[1]} columns of "
        f"{context.reducer_spec.bits} bits are {expected:g}",
    )


@check("reducer-state", "reducer")
def reducer_state(context: ReducerContext) -> None:
    """Its fitted state is plain arrays."""
    expect_arrays(dict(context.reducer.state()))


@check("reducer-restore", "reducer")
def reducer_restore(context: ReducerContext) -> None:
    """A reducer restored from its state gives the same bytes."""
    other: Any = create(context.component, dimension=context.dimension)
    if not hasattr(other, "restore"):
        raise Skip("it has no restore()")
    other.restore({name: np.array(array) for name, array in context.reducer.state().items()})
    same = other.apply(context.matrix).tobytes() == context.reduced.tobytes()
    require(same, "restored from state(), it gives something else")


@check("reducer-input", "reducer")
def reducer_input(context: ReducerContext) -> None:
    """It leaves the matrix as it is."""
    given = context.new_matrix()
    context.fitted(given).apply(given)
    require(np.array_equal(given, context.new_matrix()), "fit or apply changed its input")
