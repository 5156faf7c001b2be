"""Checks on the first cubes of a run: dimensions, repeatability, order, and independent rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from neucocore.components.specs import ReducerSpec
from neucocore.data.cubes.cube import Cube
from neucocore.encoding.request import EncodeRequest
from neucocore.encoding.workload import Workload
from neucocore.errors import BudgetExceededError, ComponentOutputError

COUNT = 2
"""Number of cubes that are encoded alone and together."""
MAX_READ = 8
"""Number of cubes that are tried, if some cannot be read."""
TOLERANCE = 1e-4
"""Relative to the largest value: the order of summation can depend on the size of a batch."""
Rows = NDArray[np.float32]


def check_first_cubes(work: Workload, ids: Sequence[str]) -> None:
    """Encode the first cubes alone, again, and together in reverse order, and compare.

    Parameters
    ----------
    ids
        The cubes that will be encoded.

    Raises
    ------
    BudgetExceededError
        The vectors have more dimensions than the limit, and no reducer lowers their number.
    ComponentOutputError
        The encoder is not deterministic, its rows are not in the order of the cubes, or a row
        depends on the other cubes of a call.
    """
    worker, encoder = work.worker, work.request.encoder
    cubes: list[Cube] = []
    for cube_id in ids[:MAX_READ]:
        cubes += worker.read([cube_id])[0]
        if len(cubes) == COUNT:
            break
    if not cubes:
        return  # why they cannot be read is reported where the others are read
    with threadpool_limits(1):
        first = worker.vectors(cubes[:1])
        check_dimension(work.request, first.shape[1])
        if not np.array_equal(first, worker.vectors(cubes[:1])):
            raise ComponentOutputError(
                f"the encoder {encoder.full_name} is not deterministic: cube {cubes[0].id} "
                "encoded twice gives different vectors",
                hint="seed its random numbers from its parameters",
            )
        others = [worker.vectors([cube]) for cube in cubes[1:]]
        if not others or any(other.shape != first.shape for other in others):
            return  # vectors of different lengths are reported where they are kept
        alone, together = np.concatenate([first, *others]), worker.vectors(cubes[::-1])[::-1]
    if close(alone, together):
        return
    names = ", ".join(cube.id for cube in cubes)
    problem = (
        "its rows are not in the order of the cubes; row i must belong to cube i"
        if close(alone, together[::-1])
        else "the vector of a cube depends on the other cubes of the call, by up to "
        f"{difference(alone, together):.2g}; an encoder that is fitted on the cubes it encodes "
        "must be fitted in prepare()"
    )
    raise ComponentOutputError(
        f"the encoder {encoder.full_name}, cubes {names} encoded alone and together: {problem}",
        hint=f"neuco plugins check {encoder.plugin}",
    )


def check_dimension(request: EncodeRequest, columns: int) -> None:
    """Check that vectors are within ``--dimension``, unless a reducer makes them shorter.

    Raises
    ------
    BudgetExceededError
        They are not.
    """
    limit, reducer = request.dimension, request.reducer
    if limit is None or columns <= limit:
        return
    returns = f"the encoder {request.encoder.full_name} returns {columns} dimensions"
    if reducer is None:
        raise BudgetExceededError(
            f"{returns}; the limit is {limit}",
            hint="raise --dimension, or set a parameter of the encoder that changes it: "
            f"neuco info {request.encoder.full_name}",
        )
    if cast(ReducerSpec, reducer.spec).keeps_dimensions:
        raise BudgetExceededError(
            f"{returns} and the reducer {reducer.full_name} keeps them all; the limit is {limit}",
            hint="raise --dimension, or use a reducer with fewer columns: pca or projection",
        )


def close(one: Rows, other: Rows) -> bool:
    """Return whether two arrays of vectors are equal up to the order of summation."""
    scale = max(float(np.abs(np.nan_to_num(one)).max(initial=0)), 1e-6)
    return one.shape == other.shape and difference(one, other) <= TOLERANCE * scale


def difference(one: Rows, other: Rows) -> float:
    """Return the largest difference between two arrays; infinity if their shapes differ."""
    if one.shape != other.shape:
        return float("inf")
    with np.errstate(invalid="ignore"):
        differences = np.abs(one.astype(np.float64) - other)
    return float(np.nan_to_num(differences, nan=0.0, posinf=np.inf).max(initial=0))
