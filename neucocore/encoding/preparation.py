"""Encoders that are fitted before they encode: fitted once, their state saved and restored."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from neucocore.components.factory import create, plugin_errors
from neucocore.data.cubes.cube import Cube
from neucocore.encoding.journal import append_costs, read_failures, write_failures
from neucocore.encoding.worker import Worker
from neucocore.errors import ComponentOutputError, DataError
from neucocore.files.atomic import locked, replacing
from neucocore.files.npz import plain_arrays

LOCK_TIMEOUT = 24 * 3600.0
"""Seconds to wait for another shard that fits the encoder."""


class RecordingSource:
    """The cubes that an encoder's ``prepare`` reads (`neucocore.interfaces.CubeSource`).

    Attributes
    ----------
    ids
        The cubes to fit on.
    read_failed
        Whether a cube could not be read.
    """

    def __init__(self, worker: Worker, ids: Sequence[str]) -> None:
        self.ids = tuple(ids)
        self.read_failed = False
        self._worker = worker

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        """Yield cubes in the order of `ids`."""
        try:
            for cube in self._worker.dataset.read(ids):
                self._worker.check_cube(cube)
                yield cube
        except DataError:
            self.read_failed = True
            raise


def prepare(worker: Worker, ids: Sequence[str], state_file: Path, *, skip_bad: bool) -> None:
    """Fit the encoder of a worker on cubes, or restore the state saved by an earlier run.

    A saved state that cannot be read is replaced.

    Parameters
    ----------
    skip_bad
        Fit without the cubes that cannot be read; `skipped_cubes` returns them later.

    Raises
    ------
    DataError
        Cubes that cannot be read, all of them listed.
    ComponentOutputError
        The encoder's state does not consist of plain arrays.
    """
    with locked(state_file, timeout=LOCK_TIMEOUT):
        if restore(worker, state_file):
            return
        start = time.perf_counter()
        write_failures(state_file, _fit(worker, ids, skip_bad))
        append_costs(state_file, seconds_preparing=time.perf_counter() - start)
        with replacing(state_file) as stream:
            np.savez(stream, **_state(worker))  # type: ignore[arg-type]
        if not restore(worker, state_file):
            raise _invalid_state(worker)


def restore(worker: Worker, state_file: Path) -> bool:
    """Restore the saved state of a worker's encoder; False if it is missing or unreadable."""
    if not state_file.exists():
        return False
    try:
        # numpy does not close a file that it cannot read, so it is opened here.
        with state_file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            state = dict(arrays)
    except Exception:  # noqa: BLE001  numpy and zipfile raise many types for invalid bytes
        return False
    encoder: Any = worker.encoder
    with plugin_errors(worker.setup.encoder):
        encoder.restore(state)
    return True


def skipped_cubes(state_file: Path) -> dict[str, str]:
    """Return the cubes that the saved state was fitted without, and why."""
    return read_failures(state_file.parent, state_file.name)


def unreadable_cubes(worker: Worker, ids: Sequence[str]) -> dict[str, str]:
    """Read cubes one by one; return those that cannot be read, and why."""
    return {cube: reason for cube_id in ids for cube, reason in worker.read([cube_id])[1]}


def bad_cubes_error(failures: Mapping[str, str], total: int, *, merging: bool = False) -> DataError:
    """Return the error that lists all cubes that cannot be read."""
    again = "run their shards and --merge again" if merging else "run the same command again"
    hint = f"fix or download these cubes again and {again}, or leave them out with --skip-bad"
    if len(failures) == total:  # then leaving them out leads to no embeddings
        hint = "check that --dataset is the data set of these cubes, and what is wrong with them: "
        hint += "neuco validate DIR --dataset NAME"
    return DataError(
        f"{len(failures)} of {total} cubes cannot be read; finished cubes are kept",
        problems=[f"{cube}: {reason}" for cube, reason in sorted(failures.items())],
        hint=hint,
    )


def _fit(worker: Worker, ids: Sequence[str], skip_bad: bool) -> dict[str, str]:
    """Fit the encoder; return the cubes that had to be left out."""
    source = RecordingSource(worker, ids)
    encoder: Any = worker.encoder
    try:
        with threadpool_limits(1), plugin_errors(worker.setup.encoder):
            encoder.prepare(source)
    except DataError as error:
        failures = unreadable_cubes(worker, ids) if source.read_failed else {}
        if not failures:
            raise
        if not skip_bad or len(failures) == len(ids):
            raise bad_cubes_error(failures, len(ids)) from error
    else:
        return {}
    # A new encoder: the first attempt may have changed this one.
    worker.encoder = create(worker.setup.encoder, **worker.setup.encoder_params)
    _fit(worker, [cube for cube in ids if cube not in failures], skip_bad=False)
    return failures


def _state(worker: Worker) -> dict[str, NDArray[Any]]:
    encoder: Any = worker.encoder
    with plugin_errors(worker.setup.encoder):
        state = encoder.state()
    try:
        return plain_arrays(state)
    except ValueError as error:
        raise _invalid_state(worker, f": {error}") from None


def _invalid_state(worker: Worker, reason: str = "") -> ComponentOutputError:
    return ComponentOutputError(
        f"the state of the encoder {worker.setup.encoder.full_name} cannot be saved{reason}; "
        "state() must return a mapping from names to plain arrays",
        hint=f"neuco plugins check {worker.setup.encoder.plugin}",
    )
