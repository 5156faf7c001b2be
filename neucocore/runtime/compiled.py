"""Compiling functions with numba, kept on disk between processes where that is possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(**options: Any) -> Callable[[Function], Function]:
    """Return a decorator that compiles a function without the interpreter lock.

    The machine code is cached beside the source or in the user's cache folder. Where neither can be
    written (a read-only installation without a home) the function is compiled in every process.

    Parameters
    ----------
    **options
        Further options of `numba.njit`, such as ``fastmath``.
    """

    def decorate(function: Function) -> Function:
        try:
            fast = njit(nogil=True, cache=True, **options)(function)
        except RuntimeError:  # numba found no folder for its cache
            fast = njit(nogil=True, **options)(function)
        return fast  # type: ignore[no-any-return]

    return decorate
