"""Functions compiled with numba and cached on disk where possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(**options: Any) -> Callable[[Function], Function]:
    """Return a decorator that compiles a function, which then runs without the interpreter lock.

    The machine code is cached next to the source or in the user's cache folder. If neither is
    writable (a read-only installation without a home folder), every process compiles again.

    Parameters
    ----------
    **options
        Further options of `numba.njit`, such as ``fastmath``.
    """

    def decorate(function: Function) -> Function:
        try:
            fast = njit(nogil=True, cache=True, **options)(function)
        except RuntimeError:  # numba found no writable folder for its cache
            fast = njit(nogil=True, **options)(function)
        return fast  # type: ignore[no-any-return]

    return decorate
