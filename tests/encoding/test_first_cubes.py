"""What is found out from the first cubes of a run, before the others are encoded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neucocore.components.discovery import Component
from neucocore.components.specs import ReducerSpec
from neucocore.encoding import reduction
from neucocore.encoding.report import EncodeReport
from neucocore.errors import BudgetExceededError, ComponentOutputError, ConfigError, NeucoError

Run = Callable[..., EncodeReport]


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the batches that were encoded after the first checks."""
    from neucocore.encoding.worker import Worker

    ids: list[str] = []
    encode = Worker.encode

    def counted(self: Worker, batch: Any) -> Any:
        ids.extend(batch)
        return encode(self, batch)

    monkeypatch.setattr(Worker, "encode", counted)
    return ids


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "toy-plugin/toy-sums returns 3 dimensions; the limit is 2"),
        ({"reducer": "int8"}, "the reducer core/int8 keeps them all; the limit is 2"),
        ({"reducer": "float16"}, "the reducer core/float16 keeps them all; the limit is 2"),
        ({"reducer": "one-bit"}, "the reducer core/one-bit keeps them all; the limit is 2"),
        ({"reducer": "normal4"}, "the reducer core/normal4 keeps them all; the limit is 2"),
    ],
)
def test_a_dimension_that_is_too_small_is_refused_before_the_cubes_are_encoded(
    run: Run, encoded: list[str], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(BudgetExceededError, match=message):
        run(dimension=2, **options)
    assert encoded == []
    assert run(dimension=3, **options).columns == 3
    assert run("p.npz", dimension=2, reducer="core/pca").columns == 2


def test_every_built_in_quantiser_declares_that_it_keeps_the_dimensions() -> None:
    from neucocore.builtin.reducers.specs import reducer_specs

    matrix = np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32)
    for spec in reducer_specs():
        component = Component(spec, "core", "neucocore", "1")
        try:
            reduction.apply_reducer(component, matrix, dimension=2)
        except NeucoError:
            assert spec.keeps_dimensions, spec.name
        else:
            assert not spec.keeps_dimensions, spec.name


class WithoutBytes:
    def __init__(self, dimension: int | None = None, limit: int = 0) -> None:
        if dimension == 1:
            raise ConfigError("at least 2 dimensions", hint="--dimension 2")

    def fit(self, matrix: Any) -> Any:
        return self

    def apply(self, matrix: Any) -> Any:
        return matrix


def test_a_reducer_that_cannot_be_used_is_refused_before_the_cubes_are_read(
    run: Run, encoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = ReducerSpec(name="without-bytes", summary="s", factory=WithoutBytes)
    component = Component(spec, "mine", "neuco-plugin-mine", "1")
    monkeypatch.setattr("neucocore.encoding.plan.find", _finding(component))
    with pytest.raises(ComponentOutputError, match="no method bytes_per_row"):
        run(reducer="without-bytes")
    with pytest.raises(ConfigError, match="at least 2 dimensions"):
        run(reducer="without-bytes", dimension=1)
    assert encoded == []


def _finding(component: Component) -> Callable[[str, str], Component]:
    from neucocore.components.lookup import find

    def found(kind: Any, name: str) -> Component:
        return component if name == component.name else find(kind, name)

    return found


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("sorted", "cubes cube-00, cube-01 .* its rows are not in the order of the cubes"),
        ("scaled", "the vector of a cube depends on the other cubes of the call, by up to"),
        ("centred", "the vector of a cube depends on the other cubes of the call, by up to"),
    ],
)
@pytest.mark.parametrize("batch", [1, 4])
def test_rows_that_depend_on_the_other_cubes_of_a_call_are_refused(
    run: Run, encoded: list[str], how: str, message: str, batch: int
) -> None:
    with pytest.raises(ComponentOutputError, match=message):
        run(encoder="toy-company", params={"how": how}, batch=batch)
    assert encoded == []


@pytest.mark.parametrize("how", ["", "rounded"])
def test_rows_that_differ_by_the_order_of_summation_are_not(run: Run, how: str) -> None:
    assert run(encoder="toy-company", params={"how": how}).rows == 12


def test_a_run_of_a_single_cube_is_encoded(run: Run) -> None:
    assert run(encoder="toy-company", params={"how": "centred"}, ids=["cube-03"]).rows == 1


def test_a_cube_that_cannot_be_read_does_not_hide_the_check(run: Run, cubes: Path) -> None:
    (cubes / "cube-00.zarr.zip").write_bytes(b"")
    with pytest.raises(ComponentOutputError, match="depends on the other cubes"):
        run(encoder="toy-company", params={"how": "centred"}, skip_bad=True)
