"""Checks of reducers: as many rows as they get, the declared bytes, at any scale."""

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
from neucocore.testing.encoders import require_arrays
from neucocore.testing.randomness import seeded_globally, without_global_generators
from neucocore.testing.records import Skip, check, require

ROWS, COLUMNS, DIMENSION = 40, 24, 8
SCALES = (1e-3, 1e3)
TOLERANCE = 1e-4
Matrix = NDArray[np.float32]


class ReducerContext(ComponentContext):
    """A reducer, and a matrix to reduce."""

    @property
    def reducer_spec(self) -> ReducerSpec:
        """The spec."""
        return cast(ReducerSpec, self.spec)

    def new_matrix(self, seed: int = 5) -> Matrix:
        """Generate correlated columns with different means, (n, d) float32."""
        rng = np.random.default_rng(seed)
        mixed = rng.normal(size=(ROWS, COLUMNS)) @ rng.normal(size=(COLUMNS, COLUMNS))
        return (mixed + rng.normal(size=COLUMNS)).astype(np.float32)

    @cached_property
    def matrix(self) -> Matrix:
        """The matrix that most checks use."""
        return self.new_matrix()

    @cached_property
    def dimension(self) -> int | None:
        """`DIMENSION`, or None for a reducer that must keep all columns."""
        try:
            create(self.component, dimension=DIMENSION).fit(self.matrix)
        except NeucoError:
            return None
        return DIMENSION

    def fitted(self, matrix: Matrix) -> Reducer:
        """Create a reducer and fit it on a matrix."""
        reducer: Reducer = create(self.component, dimension=self.dimension)
        return reducer.fit(matrix)

    @cached_property
    def reducer(self) -> Reducer:
        """The fitted reducer that most checks use."""
        return self.fitted(self.matrix)

    @cached_property
    def reduced(self) -> Matrix:
        """The reduced matrix."""
        return self.reducer.apply(self.matrix)


@check("reducer-created", "reducer")
def reducer_created(context: ReducerContext) -> None:
    """It can be created and fitted, and fit returns the reducer."""
    require(hasattr(context.reducer, "apply"), f"fit returned {context.reducer!r}, not the reducer")


@check("reducer-shape", "reducer")
def reducer_shape(context: ReducerContext) -> None:
    """It returns as many rows as it gets, at most the requested columns, float32 and finite."""
    reduced = context.reduced
    limit = context.dimension or COLUMNS
    require(
        reduced.ndim == 2 and len(reduced) == ROWS and 0 < reduced.shape[1] <= limit,
        f"a matrix of shape {(ROWS, COLUMNS)} became {reduced.shape}; expected {ROWS} rows and at "
        f"most {limit} columns",
    )
    require(reduced.dtype == np.float32, f"apply returned {reduced.dtype}; expected float32")
    require(np.isfinite(reduced).all(), "apply returned NaN or infinite numbers")


@check("reducer-dimension", "reducer")
def reducer_dimension(context: ReducerContext) -> None:
    """It declares keeps_dimensions if and only if it cannot return fewer columns than it gets."""
    declared, columns = context.reducer_spec.keeps_dimensions, context.reduced.shape[1]
    if declared:
        require(
            columns == COLUMNS,
            f"the spec declares keeps_dimensions=True, but {COLUMNS} columns became {columns}",
        )
    else:
        require(
            context.dimension is not None,
            f"it refuses dimension={DIMENSION} for {COLUMNS} columns; a reducer that keeps all "
            "columns declares keeps_dimensions=True",
        )


@check("reducer-rows", "reducer")
def reducer_rows(context: ReducerContext) -> None:
    """Once it is fitted, the result for a row does not depend on the other rows."""
    alone = np.concatenate(
        [context.reducer.apply(context.matrix[row : row + 1]) for row in range(3)]
    )
    scale = float(np.abs(context.reduced).max())
    difference = float(np.abs(alone - context.reduced[:3]).max())
    require(
        difference <= TOLERANCE * scale,
        f"the results for a row alone and with others differ by up to {difference:.2g}",
    )


@check("reducer-fitted", "reducer")
def reducer_fitted(context: ReducerContext) -> None:
    """With needs_fit=False, the result does not depend on the matrix it is fitted on."""
    if context.reducer_spec.needs_fit:
        raise Skip("the spec declares needs_fit=True")
    other = context.fitted(context.new_matrix(seed=6)).apply(context.matrix)
    require(
        np.array_equal(other, context.reduced),
        "the result depends on the matrix it is fitted on, but the spec declares needs_fit=False",
    )


@check("reducer-repeatable", "reducer")
def reducer_repeatable(context: ReducerContext) -> None:
    """The same matrix gives the same bytes, whatever the global random seeds."""
    with seeded_globally(9):
        again = context.fitted(context.matrix).apply(context.matrix)
    same = again.tobytes() == context.reduced.tobytes()
    require(same, "fitted again on the same matrix, it returns other values")


@check("reducer-global-random", "reducer")
def reducer_global_random(context: ReducerContext) -> None:
    """It does not use or seed the global random number generators."""
    without_global_generators(lambda: context.fitted(context.matrix).apply(context.matrix))


@check("reducer-scale", "reducer")
def reducer_scale(context: ReducerContext) -> None:
    """It works for values a thousand times smaller or larger."""
    for scale in SCALES:
        matrix = np.float32(scale) * context.matrix
        reduced = context.fitted(matrix).apply(matrix)
        require(np.isfinite(reduced).all(), f"NaN or infinite numbers at scale {scale:g}")
        rank = np.linalg.matrix_rank(reduced - reduced.mean(axis=0))
        require(rank > 0, f"all rows become equal at scale {scale:g}")


@check("reducer-bytes", "reducer")
def reducer_bytes(context: ReducerContext) -> None:
    """Its bytes_per_row() agrees with the number of columns and the declared bits."""
    row_bytes = context.reducer.bytes_per_row()
    expected = context.reduced.shape[1] * context.reducer_spec.bits / 8
    require(
        abs(row_bytes - expected) < 1,
        f"bytes_per_row() is {row_bytes:g}; {context.reduced.shape[1]} columns of "
        f"{context.reducer_spec.bits} bits are {expected:g} bytes",
    )


@check("reducer-state", "reducer")
def reducer_state(context: ReducerContext) -> None:
    """Its state() maps names to plain arrays."""
    require_arrays(dict(context.reducer.state()))


@check("reducer-restore", "reducer")
def reducer_restore(context: ReducerContext) -> None:
    """A reducer restored from its state returns the same bytes."""
    other: Any = create(context.component, dimension=context.dimension)
    if not hasattr(other, "restore"):
        raise Skip("it has no restore()")
    other.restore({name: np.array(array) for name, array in context.reducer.state().items()})
    same = other.apply(context.matrix).tobytes() == context.reduced.tobytes()
    require(same, "a reducer restored from state() returns other values")


@check("reducer-input", "reducer")
def reducer_input(context: ReducerContext) -> None:
    """It does not modify the matrix."""
    matrix = context.new_matrix()
    context.fitted(matrix).apply(matrix)
    require(np.array_equal(matrix, context.new_matrix()), "fit or apply modified its input")
