"""Checks of encoders: on cubes in field units, one vector a cube, whatever comes with it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from neucocore.components.factory import create
from neucocore.components.specs import EncoderSpec
from neucocore.data.cubes.cube import Cube
from neucocore.interfaces import Encoder
from neucocore.testing.cubes import BANDS, make_cubes
from neucocore.testing.declarations import ComponentContext
from neucocore.testing.randomness import (
    expect_none_moved,
    moved_generators,
    seeded_globally,
)
from neucocore.testing.records import CheckFailed, Skip, check, require
from neucocore.testing.side_effects import watching

COUNT = 4
TOLERANCE = 1e-4
"""Of the largest value: sums may be added in another order when cubes come together."""


SHAPED = ("encoder-shape",)


@dataclass(frozen=True)
class _Source:
    """Cubes for ``prepare``."""

    cubes: Sequence[Cube]

    @property
    def ids(self) -> list[str]:
        return [cube.id for cube in self.cubes]

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        by_id = {cube.id: cube for cube in self.cubes}
        return (by_id[sample] for sample in ids)


class EncoderContext(ComponentContext):
    """An encoder with cubes to try it on."""

    size = 32

    @property
    def fit(self) -> str:
        """What the encoder says its vectors depend on."""
        return cast(EncoderSpec, self.spec).fit

    def new_cubes(self) -> list[Cube]:
        """A few cubes with the modalities the spec asks for, equal ones at every call."""
        modalities = cast(EncoderSpec, self.spec).modalities or tuple(BANDS)
        return make_cubes(COUNT, modalities=modalities, size=self.size)

    @cached_property
    def cubes(self) -> list[Cube]:
        """The cubes that many checks share."""
        return self.new_cubes()

    def made(self) -> Encoder:
        """A new encoder, prepared on the cubes if it is fitted."""
        encoder: Encoder = create(self.component)
        if self.fit != "none" and hasattr(encoder, "prepare"):
            encoder.prepare(_Source(self.cubes))
        return encoder

    @cached_property
    def encoder(self) -> Encoder:
        """An encoder that many checks share."""
        with seeded_globally(1):
            return self.made()

    @cached_property
    def rows(self) -> NDArray[np.float32]:
        """The vectors of all cubes, encoded together."""
        with seeded_globally(1):
            return self.encoder.encode(self.cubes)

    @cached_property
    def alone(self) -> NDArray[np.float32]:
        """The vectors of all cubes, encoded one by one."""
        return np.concatenate([self.encoder.encode([cube]) for cube in self.cubes])

    @cached_property
    def again(self) -> tuple[NDArray[np.float32], list[str]]:
        """The vectors from a second encoder, and the global generators that it moved."""
        return moved_generators(lambda: self.made().encode(self.cubes))


@check("encoder-made", "encoder")
def encoder_made(context: EncoderContext) -> None:
    """It can be made with its default parameters, and prepared if it is fitted."""
    require(callable(getattr(context.encoder, "encode", None)), "it has no encode(cubes)")


@check("encoder-shape", "encoder")
def encoder_shape(context: EncoderContext) -> None:
    """It returns one row a cube, as a two-dimensional array."""
    rows = context.rows
    require(isinstance(rows, np.ndarray), f"encode returned {type(rows).__name__}, not an array")
    require(
        rows.ndim == 2 and len(rows) == COUNT and rows.shape[1] > 0,
        f"{COUNT} cubes gave an array of shape {rows.shape}; expected ({COUNT}, d)",
    )


@check("encoder-dtype", "encoder", needs=SHAPED)
def encoder_dtype(context: EncoderContext) -> None:
    """It returns float32."""
    dtype = context.rows.dtype
    require(dtype == np.float32, f"encode returned {dtype}; expected float32")


@check("encoder-finite", "encoder", needs=SHAPED)
def encoder_finite(context: EncoderContext) -> None:
    """Its numbers are finite."""
    _expect_finite(context.rows, "")


@check("encoder-empty-cube", "encoder", needs=SHAPED)
def encoder_empty_cube(context: EncoderContext) -> None:
    """Its numbers are finite also for a cube without any data: the field's data sets hold some."""
    blank = context.new_cubes()[0]
    for array in blank.arrays.values():
        array[:] = 0
    _expect_finite(context.encoder.encode([blank]), " for a cube of zeros")


def _expect_finite(rows: NDArray[np.float32], where: str) -> None:
    bad = int(np.sum(~np.isfinite(rows)))
    require(not bad, f"{bad} of {rows.size} numbers are NaN or infinite{where}")


@check("encoder-order", "encoder", needs=SHAPED)
def encoder_order(context: EncoderContext) -> None:
    """Its rows are in the order of the cubes."""
    turned = context.encoder.encode(context.cubes[::-1])[::-1]
    same_rows = _close(np.sort(turned, axis=0), np.sort(context.alone, axis=0))
    require(
        _close(turned, context.alone) or not same_rows,
        "the rows come in another order than the cubes; row i must belong to cube i",
    )


@check("encoder-batch-size", "encoder", needs=SHAPED)
def encoder_batch_size(context: EncoderContext) -> None:
    """A row is the same whether its cube is encoded alone or among others."""
    # Sorted, so that an encoder which only loses the order is not blamed for this too.
    together, alone = np.sort(context.rows, axis=0), np.sort(context.alone, axis=0)
    require(
        _close(together, alone),
        "cubes encoded together give other vectors than one by one, "
        f"by up to {_difference(together, alone):.2g}",
    )


@check("encoder-neighbours", "encoder", needs=SHAPED)
def encoder_neighbours(context: EncoderContext) -> None:
    """A row does not depend on which cubes are encoded with it."""
    first, second, *others = context.cubes
    here = context.encoder.encode([first, second])[0]
    there = context.encoder.encode([first, others[-1]])[0]
    require(
        _close(here, there),
        f"a cube's vector depends on the cube beside it, by up to {_difference(here, there):.2g}; "
        "an encoder fitted on what it encodes must say fit='transductive' and do it in prepare()",
    )


@check("encoder-history", "encoder", needs=SHAPED)
def encoder_history(context: EncoderContext) -> None:
    """A row does not depend on what was encoded before."""
    used = context.made()
    used.encode(context.cubes[1:])
    later = used.encode(context.cubes[:1])[0]
    fresh = context.alone[0]
    require(
        _close(fresh, later),
        f"a cube's vector depends on the cubes encoded before it, by up to "
        f"{_difference(fresh, later):.2g}; fit={context.fit!r} does not allow that",
    )


@check("encoder-fit", "encoder")
def encoder_fit(context: EncoderContext) -> None:
    """An encoder is fitted if and only if it says so: by prepare(), or by its reducer."""
    prepared = hasattr(context.encoder, "prepare")
    if context.fit == "none":
        require(not prepared, "it has prepare() but says fit='none'; nobody would ever call it")
        return
    spec = cast(EncoderSpec, context.spec)
    by_others = context.fit == "transductive" and (spec.reducer or spec.uses)
    require(
        prepared or by_others,
        f"it says fit={context.fit!r} but has no prepare(): nothing of it depends on other cubes",
    )


@check("encoder-repeatable", "encoder", needs=SHAPED)
def encoder_repeatable(context: EncoderContext) -> None:
    """The same parameters and cubes give the same bytes, whatever the global seeds."""
    again, _ = context.again
    require(
        again.tobytes() == context.rows.tobytes(),
        f"two encoders of equal parameters differ by up to {_difference(context.rows, again):.2g}",
    )


@check("encoder-global-random", "encoder", needs=SHAPED)
def encoder_global_random(context: EncoderContext) -> None:
    """It leaves the global generators of random numbers alone."""
    expect_none_moved(context.again[1])


@check("encoder-input", "encoder", needs=SHAPED)
def encoder_input(context: EncoderContext) -> None:
    """It leaves the cubes as they are."""
    given = context.new_cubes()[:2]
    context.encoder.encode(given)
    changed = [
        f"{modality} of cube {number}"
        for number, (cube, before) in enumerate(zip(given, context.new_cubes(), strict=False))
        for modality, array in cube.arrays.items()
        if not np.array_equal(array, before.arrays[modality])
    ]
    require(not changed, f"encode changed its input: {', '.join(changed[:3])}")


@check("encoder-side-effects", "encoder", needs=SHAPED)
def encoder_side_effects(context: EncoderContext) -> None:
    """Encoding writes no files and opens no connection (loading weights before is fine)."""
    context.encoder.encode(context.cubes[:1])
    with watching() as seen:
        context.encoder.encode(context.cubes[:2])
    shown = "; ".join(effect.what for effect in seen[:3])
    require(not seen, f"encode does what it must not, {len(seen)} times: {shown}")


@check("encoder-state", "encoder", needs=SHAPED)
def encoder_state(context: EncoderContext) -> None:
    """A fitted encoder travels to other processes as plain arrays."""
    encoder: Any = context.encoder
    if not hasattr(encoder, "prepare"):
        raise Skip("it has no prepare()")
    for method in ("state", "restore"):
        require(hasattr(encoder, method), f"it has prepare() but no {method}()")
    state = dict(encoder.state())
    expect_arrays(state)
    other: Any = create(context.component)
    other.restore({name: np.array(array) for name, array in state.items()})
    require(
        other.encode(context.cubes).tobytes() == context.rows.tobytes(),
        "an encoder restored from state() gives other vectors",
    )


@check("encoder-cache_key_fields", "encoder")
def encoder_determinants(context: EncoderContext) -> None:
    """What it says decides its vectors is plain JSON, the same every time."""
    encoder: Any = context.encoder
    if not hasattr(encoder, "cache_key_fields"):
        raise Skip("it has no cache_key_fields(): its parameters decide its vectors")
    said = json.dumps(encoder.cache_key_fields(), sort_keys=True, allow_nan=False)
    again = json.dumps(
        cast(Any, context.made()).cache_key_fields(), sort_keys=True, allow_nan=False
    )
    require(said == again, f"cache_key_fields() says {said}, and from an equal encoder {again}")


def expect_arrays(state: dict[str, Any]) -> None:
    """Raise a `CheckFailed` unless a state holds arrays by name, none of objects."""
    for name, array in state.items():
        if not isinstance(name, str) or not isinstance(array, np.ndarray):
            raise CheckFailed(f"state()[{name!r}] is {type(array).__name__}, not an array")
        require(array.dtype != object, f"state()[{name!r}] is an array of objects")


def _close(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    return one.shape == other.shape and _difference(one, other) <= TOLERANCE * _scale(one)


def _difference(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    if one.shape != other.shape:
        return float("inf")
    with np.errstate(invalid="ignore"):
        difference = np.abs(one.astype(np.float64) - other)
    return float(np.nan_to_num(difference, nan=0.0, posinf=np.inf).max(initial=0))


def _scale(rows: NDArray[np.float32]) -> float:
    return max(float(np.abs(np.nan_to_num(rows)).max(initial=0)), 1e-6)
