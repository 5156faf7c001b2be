"""What a worker does: read some cubes, encode them, check the result."""

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
from neucocore.encoding.modalities import check_bands, check_modalities, needed_modalities
from neucocore.errors import ComponentOutputError, DataError, NeucoError
from neucocore.interfaces import Dataset, Encoder

BLAS_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """What a worker needs to create its data set and its encoder.

    Attributes
    ----------
    state_file
        Saved state of an encoder that was fitted, else None.
    first_id
        The first cube of the run, whose bands all others must have; empty: the first that is read.
    """

    dataset: Component
    data: Path
    dataset_params: Mapping[str, Any]
    encoder: Component
    encoder_params: Mapping[str, Any]
    state_file: Path | None = None
    first_id: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """The vectors of some cubes.

    Attributes
    ----------
    ids
        The cubes that were encoded.
    vectors
        (len(ids), d) float32.
    failures
        Cubes that could not be read: (id, reason).
    bytes_read
        Size of the cubes in memory.
    notes
        What was noticed while reading: (id, messages).
    """

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
        self.needed = needed_modalities(setup.encoder, setup.encoder_params)
        self._first: Cube | None = None
        if setup.state_file is not None:
            with np.load(setup.state_file, allow_pickle=False) as state:
                encoder: Any = self.encoder
                encoder.restore(dict(state))

    def encode(self, ids: Sequence[str]) -> Batch:
        """Read and encode cubes; those that cannot be read become failures of the batch.

        Raises
        ------
        ComponentOutputError
            The data set or the encoder does not keep its contract.
        """
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
            notes=tuple((cube.id, messages) for cube in cubes if (messages := _messages(cube))),
        )

    def read(self, ids: Sequence[str]) -> tuple[list[Cube], list[tuple[str, str]]]:
        """Read cubes in order; return those that can be read, and (id, reason) of the others."""
        cubes: list[Cube] = []
        failures: list[tuple[str, str]] = []
        remaining = list(ids)
        while remaining:
            try:
                with plugin_errors(self.setup.dataset):
                    for cube in self.dataset.read(tuple(remaining)):
                        self._check_type(cube)
                        self._check_order(cube.id, remaining)
                        self.check_cube(cube)
                        cubes.append(cube)
                        remaining.pop(0)
                if remaining:
                    raise self._dataset_error(f"did not return {_examples(remaining)}")
            except DataError as error:
                failures.append((remaining.pop(0), error.message))
        return cubes, failures

    def _check_type(self, cube: Any) -> None:
        if not isinstance(cube, Cube):
            raise self._dataset_error(f"returned a {type(cube).__name__} instead of a Cube")

    def check_cube(self, cube: Cube) -> None:
        """Check that a cube has the modalities that the encoder needs, and the bands of the others.

        Raises
        ------
        DataError
            It does not.
        """
        check_modalities(self.setup.encoder, self.needed, cube)
        if self.setup.encoder.spec.control:  # type: ignore[attr-defined]
            return
        if self._first is None:
            first = self._first_cube(cube)
            bands = {modality: first.bands[modality] for modality in first.arrays}
            self._first = Cube(first.id, arrays={}, bands=bands)  # without its arrays in memory
        check_bands(self.setup.encoder, self.needed, self._first, cube)

    def _first_cube(self, default: Cube) -> Cube:
        """Return the first cube of the run; `default` if it cannot be used."""
        if self.setup.first_id in ("", default.id):
            return default
        try:
            (first,) = self.dataset.read((self.setup.first_id,))
            check_modalities(self.setup.encoder, self.needed, first)
        except DataError:
            return default
        return first

    def _check_order(self, cube_id: str, remaining: Sequence[str]) -> None:
        if not remaining:
            raise self._dataset_error(f"returned cube {cube_id!r} in addition to those requested")
        if cube_id != remaining[0]:
            raise self._dataset_error(f"returned cube {cube_id!r} instead of {remaining[0]!r}")

    def _dataset_error(self, problem: str) -> ComponentOutputError:
        return ComponentOutputError(
            f"the dataset {self.setup.dataset.full_name} {problem}",
            hint=f"neuco plugins check {self.setup.dataset.plugin}",
        )

    def vectors(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Return the encoder's matrix for cubes, (len(cubes), d) float32, checked."""
        ids = [cube.id for cube in cubes]
        component = self.setup.encoder
        try:
            vectors = self.encoder.encode(cubes)
        except (NeucoError, MemoryError):
            raise
        except (Exception, SystemExit) as error:
            raise ComponentOutputError(
                f"the encoder {component.full_name} ({component.distribution}) raised "
                f"{type(error).__name__}: {error} on {_examples(ids)}",
                hint=f"neuco plugins check {component.plugin}",
            ) from error
        check_vectors(vectors, ids, component)
        return vectors


def check_vectors(vectors: Any, ids: Sequence[str], encoder: Component) -> None:
    """Check that vectors are a finite float32 matrix with one row per cube.

    Raises
    ------
    ComponentOutputError
        They are not.
    """
    hint = f"neuco plugins check {encoder.plugin}"
    wrong = None
    if not isinstance(vectors, np.ndarray):
        wrong = f"a {type(vectors).__name__}"
    elif vectors.dtype != np.float32:
        wrong = f"dtype {vectors.dtype}"
    elif vectors.ndim != 2 or len(vectors) != len(ids) or vectors.shape[1] == 0:
        wrong = f"shape {vectors.shape}"
    if wrong is not None:
        raise ComponentOutputError(
            f"the encoder {encoder.full_name} returned {wrong} for {_examples(ids)}; "
            f"expected a float32 array of shape ({len(ids)}, d)",
            hint=hint,
        )
    rows = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(rows):
        raise ComponentOutputError(
            f"the encoder {encoder.full_name} returned NaN or infinite values for "
            f"{len(rows)} of {len(ids)} cubes: {_examples([ids[int(row)] for row in rows])}",
            hint=hint,
        )


def _messages(cube: Cube) -> tuple[str, ...]:
    """Return what was noticed while reading a cube, without details of this cube.

    Equal messages of different cubes can then be counted.
    """
    return tuple(
        f"{finding.code}: {finding.message}"
        for finding in cube.findings
        if finding.level != "error"
    )


def _examples(ids: Sequence[str]) -> str:
    if len(ids) == 1:
        return f"cube {ids[0]}"
    return f"{len(ids)} cubes ({', '.join(ids[:3])}{', ...' if len(ids) > 3 else ''})"


_worker: Worker | None = None


def local_worker(setup: WorkerSetup) -> Worker:
    """Return the worker of this process, which is set up by the first call."""
    global _worker
    if _worker is None or _worker.setup != setup:
        threadpool_limits(1)  # permanently: results must not depend on the worker
        if os.environ.get(PATH_VARIABLE):
            installation()  # makes the modules of single-file plugins importable
        _worker = Worker(setup)
    return _worker


def encode(setup: WorkerSetup, ids: Sequence[str]) -> Batch:
    """Encode in a worker process."""
    return local_worker(setup).encode(ids)


def batches(ids: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """Split ids into batches of at most `size`."""
    for first in range(0, len(ids), size):
        yield tuple(ids[first : first + size])
