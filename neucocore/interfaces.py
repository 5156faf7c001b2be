"""The methods of the objects behind the specs.

The interfaces are structural: a class of a plugin needs these methods, but no base class.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from neucocore.data.cubes.cube import Cube
    from neucocore.data.labels.labels import Labels


@runtime_checkable
class Dataset(Protocol):
    """Cubes on disk, by id.

    Optional: an attribute or property ``modalities``, the names of the modalities of its cubes, and
    ``files(id)``, every file that one cube depends on, by name: cubes are encoded again when the
    content of these files changes, or their values if there is no such method.
    """

    def ids(self) -> list[str]:
        """Return the ids of all cubes, sorted and distinct."""

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        """Yield the cubes with these ids, in the order of ``ids``."""

    def label_files(self) -> Sequence[Path]:
        """Return the label files of the data set, ``<name>__<type>.csv``."""


class CubeSource(Protocol):
    """The argument of an encoder's ``prepare``: cubes by id, which can be read repeatedly."""

    @property
    def ids(self) -> Sequence[str]:
        """Ids of the cubes to fit on, in a fixed order."""

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        """Yield the cubes with these ids, in the order of ``ids``."""


@runtime_checkable
class Encoder(Protocol):
    """Cubes to vectors.

    An encoder whose spec declares ``fit="train"`` or ``"transductive"`` also has
    ``prepare(source: CubeSource) -> None``, which is called once before the first ``encode``. It
    then has ``state() -> Mapping[str, NDArray]`` and ``restore(state) -> None`` as well, which
    transfer a prepared encoder to worker processes and to a resumed run.

    Optional methods, independent of each other:

    * ``cache_key_fields() -> Mapping[str, Any]``: everything that determines the vectors, as plain
      JSON values, if the parameters do not: for instance the digest of a file of weights instead
      of its path, and no device.
    * ``to_codes(rows) -> Sequence[bytes]``: the bytes to store for each row, if they are fewer than
      those of the numbers; the run records their lengths.
    * ``device_name() -> str`` and ``energy_joules() -> float | None``: the device that computes,
      and the reading of its energy counter, for the recorded costs of the run.
    """

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Return one row per cube: shape (len(cubes), d), float32, finite."""


@runtime_checkable
class Task(Protocol):
    """Labels for cubes."""

    def labels(self, files: Sequence[Path]) -> Labels:
        """Read or compute the labels from the label files of the task."""


class Metric(Protocol):
    """A measure of predictions; NaN where it is not defined."""

    def __call__(self, y_true: NDArray[Any], y_pred: NDArray[Any]) -> float:
        """Compare labels, (n,) or (n, k), with predictions."""


@runtime_checkable
class Probe(Protocol):
    """A model trained on embeddings.

    ``y`` is (n,) class codes for binary and multiclass, (n, k) zeros and ones for multilabel, and
    (n, k) values for regression. ``predict`` returns (n, k): values for regression, the probability
    of the positive class (k = 1) for binary, one probability per class for multiclass, and one per
    label for multilabel.
    """

    def fit(self, X: NDArray[np.float64], y: NDArray[Any], rng: np.random.Generator) -> Probe:
        """Fit on the training rows X, (n, d), and return self."""

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the predictions for rows X, (m, d)."""

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return the fitted state as plain arrays."""


@runtime_checkable
class Reducer(Protocol):
    """Matrix to matrix, (n, d) float32 to (n, k) float32.

    The matrix may be memory-mapped, so process it in blocks of rows. Once the reducer is fitted,
    the result for a row must not depend on the other rows.

    Optional methods: ``restore(state) -> None``, to use a fitted reducer again later, and
    ``to_codes(matrix) -> (n, bytes) uint8``, the bytes to store for each row.
    """

    def fit(self, matrix: NDArray[np.float32]) -> Reducer:
        """Fit on all rows and return self."""

    def apply(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the reduced rows; a quantiser returns the values that its codes represent."""

    def bytes_per_row(self) -> float:
        """Return the number of bytes of one stored output row."""

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return the fitted state as plain arrays."""
