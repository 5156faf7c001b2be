"""The global generators of random numbers, which a component must leave alone."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from neucocore.testing.records import require

_Result = TypeVar("_Result")
UNLIKELY = 748_131_907
"""A seed that nobody chooses: seeding anew with the seed in force would go unnoticed."""


@contextmanager
def seeded_globally(seed: int) -> Iterator[None]:
    """Seed every global generator there is, and put them back afterwards.

    What depends on them gives something else under another seed.
    """
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002  what is tested
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


def moved_generators(work: Callable[[], _Result]) -> tuple[_Result, list[str]]:
    """Run something; return its result and the global generators it used or seeded."""
    with seeded_globally(UNLIKELY):
        before = _states()
        result = work()
        after = _states()
    return result, [name for name in after if before.get(name, after[name]) != after[name]]


def expect_none_moved(moved: list[str]) -> None:
    """Raise a `CheckFailed` if a global generator was used."""
    require(
        not moved,
        f"it uses or seeds the global generator of {' and '.join(moved)}; "
        "make one of its own from the seed parameter",
    )


def leaving_generators_alone(work: Callable[[], _Result]) -> _Result:
    """Run something; raise a `CheckFailed` if it used or seeded a global generator."""
    result, moved = moved_generators(work)
    expect_none_moved(moved)
    return result
