"""The global random number generators, which a component must not use."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from neucocore.testing.records import require

_Result = TypeVar("_Result")
UNUSUAL_SEED = 748_131_907
"""A seed that no component uses: seeding again with the current seed would not be noticed."""


@contextmanager
def seeded_globally(seed: int) -> Iterator[None]:
    """Seed the global generators, and restore their states afterwards.

    The result of code that uses them differs from one seed to another.
    """
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002  the global generator
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    if torch := sys.modules.get("torch"):
        torch.manual_seed(seed)
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002


def _states() -> dict[str, Any]:
    states: dict[str, Any] = {
        "random": random.getstate(),
        "numpy.random": [np.asarray(part).tolist() for part in np.random.get_state()],  # noqa: NPY002
    }
    if torch := sys.modules.get("torch"):
        states["torch"] = torch.get_rng_state().tolist()
    return states


def used_generators(work: Callable[[], _Result]) -> tuple[_Result, list[str]]:
    """Call a function; return its result and the global generators that it used or seeded."""
    with seeded_globally(UNUSUAL_SEED):
        before = _states()
        result = work()
        after = _states()
    return result, [name for name in after if before.get(name, after[name]) != after[name]]


def require_none_used(generators: list[str]) -> None:
    """Raise `CheckFailed` if a global generator was used."""
    require(
        not generators,
        f"it uses or seeds the global generator of {' and '.join(generators)}; "
        "create a generator from the seed parameter instead",
    )


def without_global_generators(work: Callable[[], _Result]) -> _Result:
    """Call a function; raise `CheckFailed` if it used or seeded a global generator."""
    result, generators = used_generators(work)
    require_none_used(generators)
    return result
