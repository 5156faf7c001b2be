"""What the objects behind the specs can do. Structural: no base class to inherit."""

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
    """Cubes on disk, by id."""

    def ids(self) -> list[str]:
        """All cube ids, sorted, each once."""

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        """Yield the cubes of ``ids`` in the order given."""

    def label_files(self) -> Sequence[Path]:
        """Return the label files (``<name>__<type>.csv``) that come with the data."""


class CubeSource(Protocol):
    """What an encoder's ``prepare`` is given: cubes by id, as often as it wants."""

    @property
    def ids(self) -> Sequence[str]:
        """Ids of the cubes to fit on, in a fixed order."""

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        """Yield cubes in the order given."""


@runtime_checkable
class Encoder(Protocol):
    """Cubes to vectors.

    An encoder may also have ``prepare(source: CubeSource) -> None``, called once before the
    first ``encode`` when its spec says ``fit="train"`` or ``"transductive"``, and then
    ``state() -> Mapping[str, NDArray]`` and ``restore(state) -> None``, by which a prepared
    encoder travels to worker processes and into a resumed run.

    Further methods it may have, each on its own:

    * ``cache_key_fields() -> Mapping[str, Any]``: plain JSON of everything that determines its
      vectors, where that differs from its parameters: the digest of a weights file instead of its
      path, and no device.
    * ``to_codes(rows) -> Sequence[bytes]``: what it would store for its rows when they take fewer
      bytes than their numbers; the run records the lengths.
    * ``device_name() -> str`` and ``energy_joules() -> float | None``: what it computes on, and
      that device's energy counter, for the costs beside the file.
    """

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Return one row per cube, shape (len(cubes), d), float32, finite."""


@runtime_checkable
class Task(Protocol):
    """Labels for ids."""

    def labels(self, files: Sequence[Path]) -> Labels:
        """Read or compute the labels from the files claimed for the task."""


class Metric(Protocol):
    """A number for predictions; NaN where its definition gives none."""

    def __call__(self, y_true: NDArray[Any], y_pred: NDArray[Any]) -> float:
        """Compare labels (n,) or (n, k) with predictions."""


@runtime_checkable
class Probe(Protocol):
    """The small model trained on embeddings.

    ``y`` is (n,) class codes for binary and multiclass, (n, k) 0/1 for multilabel, (n, k) values
    for regression. ``predict`` returns (n, k): values for regression, the positive class's
    probability (k = 1) for binary, a probability per class for multiclass, and one per label
    for multilabel.
    """

    def fit(self, X: NDArray[np.float64], y: NDArray[Any], rng: np.random.Generator) -> Probe:
        """Fit on the training rows and return self."""

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Predict rows."""

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return the fitted state as plain arrays."""


@runtime_checkable
class Reducer(Protocol):
    """Matrix to matrix, (n, d) float32 to (n, k) float32.

    The matrix may be memory-mapped: go over it in blocks of rows. A row's result must not depend
    on the rows it is applied with. A reducer may also have ``restore(state) -> None``, by which a
    fitted one is used again later, and ``to_codes(matrix) -> (n, bytes) uint8``, the bytes that it
    would store.
    """

    def fit(self, matrix: NDArray[np.float32]) -> Reducer:
        """Fit on all rows and return self."""

    def apply(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """Reduce rows; quantising reducers return the de-quantised values."""

    def bytes_per_row(self) -> float:
        """Bytes that one stored output row takes."""

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return the fitted state as plain arrays."""
