"""What a vector depends on besides its own cube: the fit of encoders, reducers and combinations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast, get_args

from neucocore.components.discovery import Component
from neucocore.components.specs import EncoderSpec, Fit, ReducerSpec

ORDER: tuple[Fit, ...] = get_args(Fit)
"""From a vector that depends on its own cube only to one that depends on all encoded cubes."""


def strongest_fit(*fits: Fit) -> Fit:
    """Return the last of several fits in the order none, train, transductive."""
    return max(fits, key=ORDER.index)


def combined_fit(fits: Iterable[str | None]) -> Fit | None:
    """Return the fit of vectors that are made from several embeddings or by several steps.

    Parameters
    ----------
    fits
        The fit of each part, as its metadata hold it; None where nothing is recorded.

    Returns
    -------
    str or None
        The strongest of them. None if a part is unknown, unless another one is transductive.
    """
    parts = list(fits)
    known = [fit for fit in ORDER if fit in parts]
    if "transductive" in known or (known and set(parts) <= set(known)):
        return strongest_fit(*known)
    return None


def encoder_fit(component: Component, encoder: object) -> Fit:
    """Return the fit of an encoder without its reducer.

    An encoder that declares ``transductive`` and has no ``prepare`` sees the other cubes only
    through its reducer, or through the encoders that it combines.
    """
    spec = cast(EncoderSpec, component.spec)
    if spec.fit == "transductive" and not (hasattr(encoder, "prepare") or spec.uses):
        return "none"
    return spec.fit


def reducer_fit(component: Component | None) -> Fit:
    """Return the fit of a reducer, which is fitted on the complete matrix if it needs that."""
    needs_fit = component is not None and cast(ReducerSpec, component.spec).needs_fit
    return "transductive" if needs_fit else "none"
