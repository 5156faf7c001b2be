"""An encoder that is fitted before it encodes: prepared once, its state kept and given back."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from neucocore.components.factory import create, plugin_errors
from neucocore.data.cubes.cube import Cube
from neucocore.encoding.costs import append_costs
from neucocore.encoding.output import read_failures, write_failures
from neucocore.encoding.worker import Worker
from neucocore.errors import ComponentOutputError, DataError
from neucocore.files.atomic import locked, replacing
from neucocore.interfaces import Dataset

STATE = "state.npz"
DAY = 24 * 3600.0


class Source:
    """What an encoder's ``prepare`` is given.

    Attributes
    ----------
    ids
        The cubes to fit on.
    stumbled
        Whether a cube could not be read.
    """

    def __init__(self, dataset: Dataset, ids: Sequence[str]) -> None:
        self.ids = tuple(ids)
        self.stumbled = False
        self._dataset = dataset

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        """Yield cubes in the order given."""
        try:
            yield from self._dataset.read(ids)
        except DataError:
            self.stumbled = True
            raise


def prepare(here: Worker, ids: Sequence[str], state_file: Path, *, skip_bad: bool) -> None:
    """Prepare the encoder of this process on cubes, or give it the state that is there already.

    Cubes that cannot be read are left out with `skip_bad`, and kept for `left_out`. A state that
    cannot be read is made again.

    Raises
    ------
    DataError
        Cubes that cannot be read, all of them named.
    ComponentOutputError
        The encoder's state is not made of plain arrays.
    """
    with locked(state_file, timeout=DAY):
        if restored(here, state_file):
            return
        start = time.perf_counter()
        write_failures(state_file, _fit(here, ids, skip_bad))
        append_costs(state_file, seconds_preparing=time.perf_counter() - start)
        with replacing(state_file) as stream:
            np.savez(stream, **_state(here))
        if not restored(here, state_file):
            raise _no_state(here)


def restored(here: Worker, state_file: Path) -> bool:
    """Give the encoder of this process a kept state; False where there is none to be trusted."""
    if not state_file.exists():
        return False
    try:
        # Opened here since numpy leaves a file that it cannot read open.
        with state_file.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            state = dict(kept)
    except Exception:  # noqa: BLE001  numpy and zipfile raise whatever they like on bad bytes
        return False
    encoder: Any = here.encoder
    with plugin_errors(here.setup.encoder):
        encoder.restore(state)
    return True


def left_out(state_file: Path) -> dict[str, str]:
    """Return the cubes that the kept state was made without, and why."""
    return read_failures(state_file.parent, state_file.name)


def unreadable(here: Worker, ids: Sequence[str]) -> dict[str, str]:
    """Read cubes one by one; return those that cannot be read, and why."""
    return {cube: reason for one in ids for cube, reason in here.read([one])[1]}


def bad_cubes(failures: Mapping[str, str], of: int, *, merging: bool = False) -> DataError:
    """Return the error that names all cubes that cannot be read."""
    again = "run their shards again, then --merge" if merging else "repeat the command"
    return DataError(
        f"{len(failures)} of {of} cubes cannot be read; the others that are finished are kept",
        problems=[f"{cube}: {reason}" for cube, reason in sorted(failures.items())],
        hint=f"mend or download them again and {again}, or leave them out with --skip-bad",
    )


def _fit(here: Worker, ids: Sequence[str], skip_bad: bool) -> dict[str, str]:
    """Prepare the encoder; return the cubes it had to be prepared without."""
    source = Source(here.dataset, ids)
    encoder: Any = here.encoder
    try:
        with threadpool_limits(1), plugin_errors(here.setup.encoder):
            encoder.prepare(source)
    except DataError as error:
        failures = unreadable(here, ids) if source.stumbled else {}
        if not failures:
            raise
        if not skip_bad or len(failures) == len(ids):
            raise bad_cubes(failures, len(ids)) from error
    else:
        return {}
    # What the first attempt has seen must leave no trace.
    here.encoder = create(here.setup.encoder, **here.setup.encoder_params)
    _fit(here, [cube for cube in ids if cube not in failures], skip_bad=False)
    return failures


def _state(here: Worker) -> Mapping[str, Any]:
    encoder: Any = here.encoder
    with plugin_errors(here.setup.encoder):
        state = encoder.state()
    if not isinstance(state, Mapping):
        raise _no_state(here)
    return state


def _no_state(here: Worker) -> ComponentOutputError:
    return ComponentOutputError(
        f"the state of the encoder {here.setup.encoder.full_name} cannot be kept: state() must "
        "return a mapping from names to plain arrays",
        hint=f"neuco plugins check {here.setup.encoder.plugin}",
    )
