"""The sizes of a curve: fewer dimensions and fewer bits, fitted inside each split.

A size is a family, a number of dimensions and a number of bits per number. Families:

``prefix``
    The first dimensions as they are.
``pca``
    The first principal components of the training rows.
``rotation``
    The first dimensions after a random rotation, which is the same for all splits.
any installed reducer
    Fitted for each number of dimensions.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.builtin.reducers import pca as builtin_pca
from neucocore.builtin.reducers.blocks import project
from neucocore.components.discovery import Component
from neucocore.components.factory import create, plugin_errors
from neucocore.components.lookup import find, find_for_spec
from neucocore.curves.coding import code_length, unpacked
from neucocore.errors import ComponentOutputError, ConfigError
from neucocore.evaluation.reduction import CodeLength, Matrix
from neucocore.provenance.code import code_identity

PREFIX, PCA, ROTATION = "prefix", "pca", "rotation"
FAMILIES = (PREFIX, PCA, ROTATION)
FULL_BITS = 32
CODED_BITS = 8
"""Most bits of numbers that are coded with variable length."""
QUANTISERS = {16: "float16", 8: "normal8", 4: "normal4", 2: "normal2", 1: "normal1"}
"""Reducers that keep the number of dimensions, by their bits per number."""
ROTATION_SEED = 42

MAX_BYTES = 2**30
"""Bytes of decompositions that are kept for the other sizes."""

Axes = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Origin (d,) and directions (k, d)."""
Transform = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True, order=True)
class Size:
    """One size.

    Attributes
    ----------
    family
        See the module.
    dimension
        Number of dimensions.
    bits
        Bits per number, 32 for float32.
    """

    family: str
    dimension: int
    bits: int = FULL_BITS

    @property
    def bytes_per_row(self) -> int:
        """Bytes of a row, without what is stored once for all rows."""
        return math.ceil(self.dimension * self.bits / 8)

    @property
    def name(self) -> str:
        """Name for tables and folders, such as ``pca-64x8bit``."""
        return f"{self.family}-{self.dimension}x{self.bits}bit"


def grid(
    families: Sequence[str], dims: Sequence[int], bits: Sequence[int], columns: int
) -> list[Size]:
    """Return all sizes, larger ones first, except the embedding itself.

    Parameters
    ----------
    families, dims, bits
        What is combined.
    columns
        Number of dimensions of the embedding. A prefix of all dimensions in float32 is the
        embedding itself, and a rotation of all dimensions changes nothing that a linear probe sees,
        but quantising it does.

    Raises
    ------
    ConfigError
        A family that is neither built in nor an installed reducer, dimensions beyond those of the
        embedding, or bits without a quantiser.
    """
    problems = []
    for family in families:
        if family not in FAMILIES:
            find("reducer", family)  # raises with the nearest names
    problems += [
        f"{dim} dimensions: the embedding has {columns}" for dim in dims if not 0 < dim <= columns
    ]
    known = (FULL_BITS, *QUANTISERS)
    problems += [
        f"{bit} bits: possible are {', '.join(map(str, known))}" for bit in bits if bit not in known
    ]
    if problems:
        raise ConfigError(
            "sizes cannot be made", problems=problems, hint="for example --dims 64,16 --bits 32,8"
        )
    sizes = {
        Size(family, dim, bit)
        for family in families
        for dim in dims
        for bit in bits
        if not (dim == columns and bit == FULL_BITS)
    }
    return sorted(
        sizes, key=lambda size: (families.index(size.family), -size.bytes_per_row, -size.bits)
    )


class SharedTransforms:
    """Fitted transforms of training parts, so that the sizes of a family share a decomposition.

    All components are always computed, so that no digit depends on which sizes are asked for.
    """

    def __init__(self) -> None:
        self._fitted: dict[tuple[str, bytes], tuple[Axes, int]] = {}
        self._lock = threading.Lock()

    def fitted(self, family: str, dimension: int, X: NDArray[np.float32]) -> Transform:
        """Return a transform to at most `dimension` columns, fitted on training rows (n, d)."""
        if family == PREFIX:
            return lambda rows: np.ascontiguousarray(rows[:, :dimension])
        if family not in FAMILIES:
            return _reducer(find_for_spec("reducer", family), dimension, X)
        origin, axes = self._axes(family, X)
        return lambda rows: project(rows, origin, axes[:dimension])

    def _axes(self, family: str, X: NDArray[np.float32]) -> Axes:
        content = np.ascontiguousarray(X).data if family == PCA else str(X.shape[1]).encode()
        key = (family, hashlib.blake2b(content, digest_size=16).digest())
        with self._lock:
            if key in self._fitted:
                return self._fitted[key][0]
        found = _principal_axes(X) if family == PCA else _rotation(X.shape[1])
        with self._lock:
            self._fitted[key] = found, found[1].nbytes
            while len(self._fitted) > 1 and sum(b for _, b in self._fitted.values()) > MAX_BYTES:
                self._fitted.pop(next(iter(self._fitted)))
        return found


def _principal_axes(X: NDArray[np.float32]) -> Axes:
    state = builtin_pca.PCA().fit(X).state()
    return state["mean"], state["axes"]


def _rotation(columns: int) -> Axes:
    """Return a random orthogonal matrix (d, d), the same in every split."""
    normals = np.random.default_rng([ROTATION_SEED, columns]).standard_normal((columns, columns))
    return np.zeros(columns), np.ascontiguousarray(np.linalg.qr(normals)[0].T)


def _reducer(component: Component, dimension: int, X: NDArray[np.float32]) -> Transform:
    reducer = create(component, dimension=dimension)
    with plugin_errors(component):
        reducer.fit(X)

    def apply(rows: NDArray[np.float32]) -> NDArray[np.float32]:
        with plugin_errors(component):
            reduced = np.asarray(reducer.apply(rows), dtype=np.float32)
        _require_shape(reduced, len(rows), dimension, component)
        return reduced

    return apply


def _require_shape(
    reduced: NDArray[np.float32], rows: int, dimension: int, component: Component
) -> None:
    if reduced.ndim != 2 or len(reduced) != rows or reduced.shape[1] > dimension:
        raise ComponentOutputError(
            f"the reducer {component.full_name} returned the shape {reduced.shape}; expected "
            f"({rows}, at most {dimension})",
            hint=f"neuco plugins check {component.plugin}",
        )
    if not np.isfinite(reduced).all():
        raise ComponentOutputError(
            f"the reducer {component.full_name} returned values that are not finite",
            hint=f"neuco plugins check {component.plugin}",
        )


class SizeReduction:
    """Reduces embeddings to one size inside each split.

    Parameters
    ----------
    size
        The size.
    transforms
        Shared with the other sizes of a sweep.
    """

    def __init__(self, size: Size, transforms: SharedTransforms) -> None:
        self.size, self.transforms = size, transforms
        self.quantiser = (
            None if size.bits == FULL_BITS else find_for_spec("reducer", QUANTISERS[size.bits])
        )

    @property
    def dimension(self) -> int:
        """Number of dimensions."""
        return self.size.dimension

    @property
    def bytes_per_row(self) -> float:
        """Bytes of a row, without what is stored once for all rows."""
        return float(self.size.bytes_per_row)

    @property
    def identity(self) -> dict[str, Any]:
        """Return what determines the result, as plain JSON values."""
        size, reducer = self.size, None
        if size.family not in (PREFIX, ROTATION):
            reducer = code_identity(find_for_spec("reducer", size.family))
        return {
            "family": size.family,
            "dimension": size.dimension,
            "bits": size.bits,
            "reducer": reducer,
            "quantiser": None if self.quantiser is None else code_identity(self.quantiser),
        }

    def fit(self, X: Matrix) -> FittedSize:
        """Fit transform and quantiser on the training rows (n, d)."""
        rows = X.astype(np.float32)
        transform = self.transforms.fitted(self.size.family, self.size.dimension, rows)
        return FittedSize(self.size, transform, self.quantiser, rows)


class FittedSize:
    """A size fitted on the training rows of one split."""

    def __init__(
        self,
        size: Size,
        transform: Transform,
        quantiser: Component | None,
        rows: NDArray[np.float32],
    ) -> None:
        self.size, self.transform, self.component = size, transform, quantiser
        self.quantiser: Any = None
        self.codes: NDArray[np.uint8] | None = None
        if quantiser is not None:
            self.quantiser = create(quantiser)
            transformed = self._transformed(rows)
            self.quantiser.fit(transformed)
            if size.bits <= CODED_BITS:
                self.codes = self._codes(transformed)

    def apply(self, X: Matrix) -> Matrix:
        """Return rows (m, d) in this size, (m, k) float64."""
        reduced = self._transformed(X.astype(np.float32))
        if self.component is not None:
            reduced = self.quantiser.apply(reduced)
        return np.asarray(reduced, dtype=np.float64)

    def code_length(self, X: Matrix) -> CodeLength | None:
        """Return the length of the codes of rows (m, d); None for float32 and float16."""
        if self.codes is None:
            return None
        held_out = self._codes(self._transformed(X.astype(np.float32)))
        return code_length(self.codes, held_out, 1 << self.size.bits)

    def _codes(self, transformed: NDArray[np.float32]) -> NDArray[np.uint8]:
        return unpacked(self.quantiser.to_codes(transformed), transformed.shape[1], self.size.bits)

    def _transformed(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.ascontiguousarray(self.transform(rows))
