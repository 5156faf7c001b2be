"""Checks of encoders: one vector per cube, which does not depend on the other cubes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from neucocore.components.dependence import strongest_fit
from neucocore.components.factory import create
from neucocore.components.specs import EncoderSpec, Fit
from neucocore.data.cubes.cube import Cube
from neucocore.data.embeddings.formats import load_embeddings
from neucocore.encoding.first_cubes import close, difference
from neucocore.encoding.modalities import needed_modalities
from neucocore.errors import NeucoError
from neucocore.interfaces import Encoder
from neucocore.testing.complete_run import encode_completely
from neucocore.testing.declarations import ComponentContext
from neucocore.testing.encoder_cubes import (
    OTHER_SENSOR,
    copied,
    cubes_for,
    empty,
    other_forms,
    with_gaps,
)
from neucocore.testing.randomness import require_none_used, seeded_globally, used_generators
from neucocore.testing.records import CheckFailed, Skip, check, require
from neucocore.testing.side_effects import require_no_side_effects, watching

COUNT = 4
SHAPED = ("encoder-shape",)
BEFORE_A_RUN = (
    *SHAPED,
    "encoder-dtype",
    "encoder-finite",
    "encoder-order",
    "encoder-batch-size",
    "encoder-neighbours",
    "encoder-history",
    "encoder-repeatable",
    "encoder-state",
)
"""A run refuses an encoder that breaks one of these promises."""


@dataclass(frozen=True)
class _Source:
    """The cubes for ``prepare``."""

    cubes: Sequence[Cube]

    @property
    def ids(self) -> list[str]:
        return [cube.id for cube in self.cubes]

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        by_id = {cube.id: cube for cube in self.cubes}
        return (by_id[sample] for sample in ids)


class EncoderContext(ComponentContext):
    """An encoder, and cubes to test it with."""

    @property
    def fit(self) -> str:
        """What the vectors depend on, as declared in the spec."""
        return cast(EncoderSpec, self.spec).fit

    @cached_property
    def _originals(self) -> list[Cube]:
        return cubes_for(self.component, COUNT, self.scratch)

    def new_cubes(self) -> list[Cube]:
        """Return a few cubes of its example or generated ones, equal ones in every call."""
        return copied(self._originals)

    @cached_property
    def cubes(self) -> list[Cube]:
        """The cubes that most checks use."""
        return self.new_cubes()

    def new_encoder(self, cubes: Sequence[Cube] | None = None) -> Encoder:
        """Create an encoder, and prepare it on cubes, by default its own, if it is fitted."""
        encoder: Encoder = create(self.component)
        if self.fit != "none" and hasattr(encoder, "prepare"):
            encoder.prepare(_Source(self.cubes if cubes is None else cubes))
        return encoder

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder that most checks use."""
        with seeded_globally(1):
            return self.new_encoder()

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
        """The vectors of a second encoder, and the global generators that it used."""
        return used_generators(lambda: self.new_encoder().encode(self.cubes))


@check("encoder-created", "encoder")
def encoder_created(context: EncoderContext) -> None:
    """It can be created with its default parameters, and prepared if it is fitted."""
    require(context.cubes, "its example has no cubes")
    require(callable(getattr(context.encoder, "encode", None)), "it has no encode(cubes)")


@check("encoder-shape", "encoder")
def encoder_shape(context: EncoderContext) -> None:
    """It returns an array with one row per cube."""
    rows = context.rows
    require(isinstance(rows, np.ndarray), f"encode returned {type(rows).__name__}, not an array")
    require(
        rows.ndim == 2 and len(rows) == COUNT and rows.shape[1] > 0,
        f"for {COUNT} cubes it returned an array of shape {rows.shape}; expected ({COUNT}, d)",
    )


@check("encoder-dtype", "encoder", needs=SHAPED)
def encoder_dtype(context: EncoderContext) -> None:
    """It returns float32."""
    dtype = context.rows.dtype
    require(dtype == np.float32, f"encode returned {dtype}; expected float32")


@check("encoder-finite", "encoder", needs=SHAPED)
def encoder_finite(context: EncoderContext) -> None:
    """It returns finite numbers."""
    _require_finite(context.rows, "")


@check("encoder-empty-cube", "encoder", needs=SHAPED)
def encoder_empty_cube(context: EncoderContext) -> None:
    """It returns finite numbers for a cube without data and for one with gaps of zeros."""
    cube = context.new_cubes()[0]
    _require_finite(context.encoder.encode([empty(cube)]), " for a cube of zeros")
    _require_finite(context.encoder.encode([with_gaps(cube)]), " for a cube with gaps of zeros")


@check("encoder-forms", "encoder", needs=(*SHAPED, "encoder-finite"))
def encoder_forms(context: EncoderContext) -> None:
    """Cubes with other dates and sizes are encoded or refused; without modalities, any sensor."""
    any_sensor = not needed_modalities(context.component, {})
    for name, cubes in other_forms(context.new_cubes()[:2], any_sensor=any_sensor):
        try:
            rows = context.new_encoder(cubes).encode(cubes)
        except NeucoError as error:
            require(name != OTHER_SENSOR, f"{name}: it refused them: {error}")
            continue
        except Exception as error:
            raise CheckFailed(
                f"{name}: it raised {type(error).__name__}: {error}; encode them, or raise a "
                "DataError that states which cubes it takes"
            ) from error
        require(
            isinstance(rows, np.ndarray) and rows.ndim == 2 and len(rows) == len(cubes),
            f"{name}: it returned no array with {len(cubes)} rows",
        )
        _require_finite(rows, f" for {name}")


def _require_finite(rows: NDArray[np.float32], where: str) -> None:
    bad = int(np.sum(~np.isfinite(rows)))
    require(not bad, f"{bad} of {rows.size} numbers are NaN or infinite{where}")


@check("encoder-order", "encoder", needs=SHAPED)
def encoder_order(context: EncoderContext) -> None:
    """Its rows are in the order of the cubes."""
    reversed_twice = context.encoder.encode(context.cubes[::-1])[::-1]
    same_rows = close(np.sort(reversed_twice, axis=0), np.sort(context.alone, axis=0))
    require(
        close(reversed_twice, context.alone) or not same_rows,
        "the rows are not in the order of the cubes; row i must belong to cube i",
    )


@check("encoder-batch-size", "encoder", needs=SHAPED)
def encoder_batch_size(context: EncoderContext) -> None:
    """The row of a cube is the same whether it is encoded alone or with others."""
    # Sorted, so that this check does not also fail if only the order is wrong.
    together, alone = np.sort(context.rows, axis=0), np.sort(context.alone, axis=0)
    require(
        close(together, alone),
        "the vectors of cubes encoded together and one by one differ by up to "
        f"{difference(together, alone):.2g}",
    )


@check("encoder-neighbours", "encoder", needs=SHAPED)
def encoder_neighbours(context: EncoderContext) -> None:
    """The row of a cube does not depend on which cubes are encoded with it."""
    first, second, *others = context.cubes
    with_second = context.encoder.encode([first, second])[0]
    with_last = context.encoder.encode([first, others[-1]])[0]
    require(
        close(with_second, with_last),
        "the vector of a cube depends on the other cubes of the batch, by up to "
        f"{difference(with_second, with_last):.2g}; an encoder that is fitted on the cubes it "
        "encodes must declare fit='transductive' and be fitted in prepare()",
    )


@check("encoder-history", "encoder", needs=SHAPED)
def encoder_history(context: EncoderContext) -> None:
    """The row of a cube does not depend on what was encoded before."""
    used = context.new_encoder()
    used.encode(context.cubes[1:])
    later = used.encode(context.cubes[:1])[0]
    fresh = context.alone[0]
    require(
        close(fresh, later),
        f"the vector of a cube depends on the cubes encoded before it, by up to "
        f"{difference(fresh, later):.2g}; fit={context.fit!r} does not allow that",
    )


@check(
    "encoder-forms-neighbours",
    "encoder",
    needs=(
        *SHAPED,
        "encoder-finite",
        "encoder-forms",
        "encoder-batch-size",
        "encoder-neighbours",
        "encoder-history",
    ),
)
def encoder_forms_neighbours(context: EncoderContext) -> None:
    """The row of a cube of another form or sensor does not depend on the others either."""
    any_sensor = not needed_modalities(context.component, {})
    for name, cubes in other_forms(context.new_cubes()[:2], any_sensor=any_sensor):
        encoder = context.new_encoder(cubes)
        try:
            together = encoder.encode(cubes)
        except NeucoError:
            continue
        alone = np.concatenate([encoder.encode([cube]) for cube in cubes[::-1]])[::-1]
        require(
            close(together, alone),
            f"{name}: the vectors encoded together and one by one differ by up to "
            f"{difference(together, alone):.2g}",
        )


@check("encoder-fit", "encoder")
def encoder_fit(context: EncoderContext) -> None:
    """It is fitted, by prepare() or by its reducer, if and only if its spec declares it."""
    has_prepare = hasattr(context.encoder, "prepare")
    if context.fit == "none":
        require(not has_prepare, "it has prepare(), which is not called with fit='none'")
        return
    spec = cast(EncoderSpec, context.spec)
    fitted_otherwise = context.fit == "transductive" and (spec.reducer or spec.uses)
    require(
        has_prepare or fitted_otherwise,
        f"its spec declares fit={context.fit!r}, but it has no prepare()",
    )


@check("encoder-repeatable", "encoder", needs=SHAPED)
def encoder_repeatable(context: EncoderContext) -> None:
    """Equal parameters and cubes give the same bytes, whatever the global random seeds."""
    again, _ = context.again
    require(
        again.tobytes() == context.rows.tobytes(),
        "the vectors of two encoders with equal parameters differ by up to "
        f"{difference(context.rows, again):.2g}",
    )


@check("encoder-global-random", "encoder", needs=SHAPED)
def encoder_global_random(context: EncoderContext) -> None:
    """It does not use or seed the global random number generators."""
    require_none_used(context.again[1])


@check("encoder-input", "encoder", needs=SHAPED)
def encoder_input(context: EncoderContext) -> None:
    """It does not modify the cubes, even to fill gaps of zeros."""
    originals = context.new_cubes()[:2]
    cases = {"": originals, " with gaps of zeros": [with_gaps(cube) for cube in originals]}
    for case, before in cases.items():
        cubes = copied(before)
        context.encoder.encode(cubes)
        changed = [
            f"{modality} of cube {number}{case}"
            for number, (cube, original) in enumerate(zip(cubes, before, strict=True))
            for modality, array in cube.arrays.items()
            if not np.array_equal(array, original.arrays[modality], equal_nan=True)
        ]
        require(not changed, f"encode modified its input: {', '.join(changed[:3])}")


@check("encoder-side-effects", "encoder", needs=SHAPED)
def encoder_side_effects(context: EncoderContext) -> None:
    """Encoding writes no files, opens no connection and starts no program, after the first call."""
    context.encoder.encode(context.cubes[:1])  # loads weights
    with watching() as seen:
        context.encoder.encode(context.cubes[:2])
    require_no_side_effects(seen, "encode")


@check("encoder-state", "encoder", needs=SHAPED)
def encoder_state(context: EncoderContext) -> None:
    """A fitted encoder can be restored from its state in another process."""
    encoder: Any = context.encoder
    if not hasattr(encoder, "prepare"):
        raise Skip("it has no prepare()")
    for method in ("state", "restore"):
        require(hasattr(encoder, method), f"it has prepare() but no {method}()")
    state = dict(encoder.state())
    require_arrays(state)
    other: Any = create(context.component)
    other.restore({name: np.array(array) for name, array in state.items()})
    require(
        other.encode(context.cubes).tobytes() == context.rows.tobytes(),
        "an encoder restored from state() returns other vectors",
    )


@check("encoder-cache-key", "encoder")
def encoder_cache_key(context: EncoderContext) -> None:
    """Its cache_key_fields() are plain JSON values, equal for equal encoders."""
    encoder: Any = context.encoder
    if not hasattr(encoder, "cache_key_fields"):
        raise Skip("it has no cache_key_fields(): its parameters determine its vectors")
    first, second = (
        json.dumps(each.cache_key_fields(), sort_keys=True, allow_nan=False)
        for each in (encoder, cast(Any, context.new_encoder()))
    )
    require(
        first == second,
        f"cache_key_fields() is {first} for one encoder and {second} for another that is equal",
    )


@check("encoder-dependence", "encoder", needs=BEFORE_A_RUN)
def encoder_dependence(context: EncoderContext) -> None:
    """In a complete run, with its reducer, a vector depends on other cubes as its fit declares."""
    spec = cast(EncoderSpec, context.spec)
    ids = sorted(cube.id for cube in context.cubes)
    encoded, fitted_on = ids[: COUNT // 2], ids[COUNT // 2 :]
    alone, together = (
        encode_completely(context.component, context.cubes, selected, fitted_on, context.scratch)
        for selected in (encoded[:1], encoded)
    )
    recorded = cast(Fit, together.fit)
    require(
        strongest_fit(spec.fit, recorded) == spec.fit,
        f"its spec declares fit={spec.fit!r}, but its reducer {spec.reducer} is fitted on the "
        f"cubes that are encoded: declare fit={recorded!r}",
    )
    if recorded == "transductive":
        return
    vectors = [load_embeddings(report.path).matrix[:1] for report in (alone, together)]
    require(
        close(*vectors),
        f"the run is recorded as fit={recorded!r}, but the vector of a cube that is encoded alone "
        f"and with another one differs by up to {difference(*vectors):.2g}"
        + (f": the reducer {spec.reducer} is fitted on these cubes" if spec.reducer else ""),
    )


def require_arrays(state: dict[str, Any]) -> None:
    """Raise `CheckFailed` unless a state maps names to arrays that do not contain objects."""
    for name, array in state.items():
        if not isinstance(name, str) or not isinstance(array, np.ndarray):
            raise CheckFailed(f"state()[{name!r}] is {type(array).__name__}, not an array")
        require(array.dtype != object, f"state()[{name!r}] is an array of objects")
