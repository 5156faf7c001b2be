"""What happens in a worker: read some cubes, encode them, check what came out."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from neucocore.components.discovery import PATH_VARIABLE, Component, installation
from neucocore.components.factory import create, plugin_errors
from neucocore.data.cubes.cube import Cube
from neucocore.errors import ComponentOutputError, DataError, NeucoError
from neucocore.interfaces import Dataset, Encoder

BLAS_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """What a worker needs to build its data set and its encoder."""

    dataset: Component
    data: Path
    dataset_params: Mapping[str, Any]
    encoder: Component
    encoder_params: Mapping[str, Any]
    state_file: Path | None
    skip_bad: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """The vectors of some cubes, what could not be encoded, and what reading them noticed."""

    ids: tuple[str, ...]
    vectors: NDArray[np.float32]
    failures: tuple[tuple[str, str], ...] = ()
    seconds_reading: float = 0.0
    seconds_encoding: float = 0.0
    bytes_read: int = 0
    notes: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Worker:
    """A data set and an encoder, ready to encode."""

    def __init__(self, setup: WorkerSetup) -> None:
        self.setup = setup
        self.dataset: Dataset = create(setup.dataset, setup.data, **setup.dataset_params)
        self.encoder: Encoder = create(setup.encoder, **setup.encoder_params)
        if setup.state_file is not None:
            with np.load(setup.state_file, allow_pickle=False) as state:
                restore: Any = self.encoder
                restore.restore(dict(state))

    def encode(self, ids: Sequence[str]) -> Batch:
        """Read and encode cubes; bad cubes become failures, bad output is an error."""
        start = time.perf_counter()
        cubes, failures = self.read(ids)
        read = time.perf_counter()
        vectors = self.vectors(cubes) if cubes else np.empty((0, 0), dtype=np.float32)
        return Batch(
            ids=tuple(cube.id for cube in cubes),
            vectors=vectors,
            failures=tuple(failures),
            seconds_reading=read - start,
            seconds_encoding=time.perf_counter() - read,
            bytes_read=sum(cube.nbytes for cube in cubes),
            notes=tuple((cube.id, noticed) for cube in cubes if (noticed := _noticed(cube))),
        )

    def read(self, ids: Sequence[str]) -> tuple[list[Cube], list[tuple[str, str]]]:
        """Read cubes in order; a broken one is passed over and named."""
        cubes: list[Cube] = []
        failures: list[tuple[str, str]] = []
        waiting = list(ids)
        while waiting:
            try:
                with plugin_errors(self.setup.dataset):
                    for cube in self.dataset.read(tuple(waiting)):
                        self._expect(cube.id, waiting)
                        cubes.append(cube)
                        waiting.pop(0)
                if waiting:
                    raise ComponentOutputError(
                        f"the dataset {self.setup.dataset.full_name} did not return the cubes "
                        f"{', '.join(waiting[:3])}"
                    )
            except DataError as error:
                failures.append((waiting.pop(0), error.message))
        return cubes, failures

    def _expect(self, found: str, waiting: Sequence[str]) -> None:
        if waiting[:1] != [found]:
            raise ComponentOutputError(
                f"the dataset {self.setup.dataset.full_name} returned cube "
                f"{found!r} where {waiting[0] if waiting else None!r} was asked for"
            )

    def vectors(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Encode cubes and check the matrix against the contract."""
        ids = [cube.id for cube in cubes]
        name = self.setup.encoder.full_name
        try:
            vectors = self.encoder.encode(cubes)
        except NeucoError:
            raise
        except MemoryError:
            raise
        except (Exception, SystemExit) as error:
            raise ComponentOutputError(
                f"the encoder {name} ({self.setup.encoder.distribution}) raised "
                f"{type(error).__name__}: {error} on {_some(ids)}",
                hint=f"neuco plugins check {self.setup.encoder.plugin}",
            ) from error
        check_vectors(vectors, ids, name)
        return vectors


def check_vectors(vectors: Any, ids: Sequence[str], encoder: str) -> None:
    """Refuse what is not a finite float32 matrix with one row a cube."""
    found = None
    if not isinstance(vectors, np.ndarray):
        found = f"a {type(vectors).__name__}"
    elif vectors.dtype != np.float32:
        found = f"dtype {vectors.dtype}"
    elif vectors.ndim != 2 or len(vectors) != len(ids) or vectors.shape[1] == 0:
        found = f"shape {vectors.shape}"
    if found is not None:
        raise ComponentOutputError(
            f"the encoder {encoder} returned {found} for {_some(ids)}; "
            f"expected a float32 array of shape ({len(ids)}, d)"
        )
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad):
        raise ComponentOutputError(
            f"the encoder {encoder} returned NaN or infinite values for "
            f"{len(bad)} of {len(ids)} cubes: {_some([ids[int(row)] for row in bad])}"
        )


def _noticed(cube: Cube) -> tuple[str, ...]:
    """Return what reading a cube noticed, without what is particular to it, to be counted."""
    return tuple(
        f"{finding.code}: {finding.message}"
        for finding in cube.findings
        if finding.level != "error"
    )


def _some(ids: Sequence[str]) -> str:
    shown = ", ".join(ids[:3])
    return f"cube {shown}" if len(ids) == 1 else f"{len(ids)} cubes ({shown}, ...)"


_worker: Worker | None = None


def start(setup: WorkerSetup) -> None:
    """Initialise a worker process."""
    global _worker
    threadpool_limits(1)  # for good: digits must not depend on where a cube was encoded
    if os.environ.get(PATH_VARIABLE):
        installation()  # puts the modules of single-file plugins where factories look
    _worker = Worker(setup)


def encode(setup: WorkerSetup, ids: Sequence[str]) -> Batch:
    """Encode in a worker process, which is made ready on the first call."""
    global _worker
    if _worker is None or _worker.setup != setup:
        start(setup)
    assert _worker is not None  # noqa: S101  for mypy; `start` sets it
    return _worker.encode(ids)


def batches(ids: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """Cut ids into runs of at most ``size``."""
    for first in range(0, len(ids), size):
        yield tuple(ids[first : first + size])
