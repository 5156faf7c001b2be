"""A reducer applied once to a complete matrix: after encoding, and by ``neuco convert``."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from neucocore.components.discovery import Component
from neucocore.components.factory import create, plugin_errors
from neucocore.errors import ComponentOutputError
from neucocore.interfaces import Reducer
from neucocore.provenance.code import code_identity


def apply_reducer(
    component: Component,
    matrix: NDArray[np.float32],
    *,
    dimension: int | None = None,
    params: Mapping[str, Any] | None = None,
) -> tuple[NDArray[np.float32], dict[str, Any]]:
    """Fit a reducer on a matrix and apply it to all rows.

    Parameters
    ----------
    matrix
        (n, d) float32, may be memory-mapped.
    dimension
        Maximum number of columns; None for what the reducer returns.
    params
        Parameters of the reducer that differ from its defaults.

    Returns
    -------
    reduced
        (n, k) float32, as it is read back from the smaller form.
    record
        ``reducer``, its ``params`` if some are set, ``features`` (d) and ``bytes_per_row``, for the
        metadata of the embeddings.

    Raises
    ------
    ComponentOutputError
        The reducer does not keep its contract.
    """
    values = dict(params or {})
    reducer: Reducer = create(component, dimension=dimension, **values)
    # Values beyond float32 become infinite and are then rejected.
    with threadpool_limits(1), plugin_errors(component), np.errstate(over="ignore"):
        returned = np.asarray(reducer.fit(matrix).apply(matrix))
        if returned.dtype.kind not in "biuf":
            raise ComponentOutputError(
                f"the reducer {component.full_name} returned values of type {returned.dtype}, not "
                "numbers",
                hint=f"neuco plugins check {component.plugin}",
            )
        reduced = returned.astype(np.float32, copy=False)
        bytes_per_row = reducer.bytes_per_row()
    _check_reduced(reduced, len(matrix), dimension, component)
    _check_bytes(bytes_per_row, component)
    return reduced, {
        "reducer": code_identity(component),
        **({"params": dict(sorted(values.items()))} if values else {}),
        "features": int(matrix.shape[1]),
        "bytes_per_row": float(bytes_per_row),
    }


def _check_reduced(
    reduced: NDArray[np.float32], n_rows: int, limit: int | None, reducer: Component
) -> None:
    rows, columns = reduced.shape if reduced.ndim == 2 else (-1, 0)
    finite = np.isfinite(reduced)
    max_columns = columns if limit is None else limit
    if rows != n_rows or not 1 <= columns <= max_columns or not finite.all():
        at_most = "" if limit is None else f"at most {limit} "
        raise ComponentOutputError(
            f"the reducer {reducer.full_name} returned shape {reduced.shape} with "
            f"{int((~finite).sum())} values that are not finite; expected {n_rows} rows of "
            f"{at_most}finite values",
            hint=f"neuco plugins check {reducer.plugin}",
        )


def _check_bytes(count: Any, reducer: Component) -> None:
    is_number = isinstance(count, numbers.Real) and not isinstance(count, bool)
    if not is_number or not math.isfinite(count) or count <= 0:
        raise ComponentOutputError(
            f"bytes_per_row of the reducer {reducer.full_name} returned {count!r}; expected the "
            "bytes of one stored row, a number above 0",
            hint=f"neuco plugins check {reducer.plugin}",
        )
