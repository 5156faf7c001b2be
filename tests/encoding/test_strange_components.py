"""Data sets and reducers of strangers that raise or return what they must not: named, exit 3."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from neucocore.components.discovery import Component
from neucocore.components.specs import DatasetSpec, EncoderSpec, ReducerSpec
from neucocore.encoding.output import reduce
from neucocore.encoding.plan import choose_ids
from neucocore.encoding.worker import Worker, WorkerSetup
from neucocore.errors import ComponentOutputError


def of(spec) -> Component:
    return Component(spec, "strange", "neuco-plugin-strange", "1.0")


def reading(cubes) -> Worker:
    """A worker whose data set gives what a function returns."""
    data = SimpleNamespace(read=cubes, ids=lambda: ["a"])
    dataset = of(DatasetSpec(name="odd", summary="odd", factory=lambda path: data))
    encoder = of(EncoderSpec(name="odd", summary="odd", factory=object))
    return Worker(WorkerSetup(dataset, Path(), {}, encoder, {}, None, skip_bad=False))


def test_a_data_set_that_raises_is_named() -> None:
    with pytest.raises(
        ComponentOutputError, match=r"dataset strange/odd .* raised RuntimeError: x"
    ):
        reading(lambda ids: (_ for _ in ()).throw(RuntimeError("x"))).encode(["a"])


def test_a_data_set_that_gives_no_cubes_is_named() -> None:
    with pytest.raises(ComponentOutputError, match=r"dataset strange/odd .* raised AttributeError"):
        reading(lambda ids: [("a", 1)]).encode(["a"])


def test_ids_that_are_no_texts_are_refused() -> None:
    source = SimpleNamespace(ids=lambda: [1, 2])
    with pytest.raises(ComponentOutputError, match=r"2 of 2 ids .* are not texts: \[1, 2\]"):
        choose_ids(source, Path("data"), None, None)


def test_a_reducer_that_raises_is_named() -> None:
    class Reducer:
        def __init__(self, dimension):
            pass

        def fit(self, matrix):
            raise ZeroDivisionError("no rows")

    reducer = of(ReducerSpec(name="odd", summary="odd", factory=Reducer))
    request = SimpleNamespace(reducer=reducer, dimension=None)
    with pytest.raises(ComponentOutputError, match=r"reducer strange/odd .* ZeroDivisionError"):
        reduce(request, np.ones((2, 2), np.float32))
