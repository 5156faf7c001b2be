"""Data sets, reducers and encoders that break their contracts are named, with exit code 3."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from neucocore.components.discovery import Component
from neucocore.components.specs import DatasetSpec, EncoderSpec, ReducerSpec
from neucocore.data.cubes.cube import Cube
from neucocore.encoding.assembly import reduce
from neucocore.encoding.request import EncodeRequest
from neucocore.encoding.worker import Worker, WorkerSetup
from neucocore.encoding.workload import workload_of
from neucocore.errors import ComponentOutputError


class Mean:
    """An encoder that is never called."""

    def encode(self, cubes):
        raise NotImplementedError


def component(spec) -> Component:
    return Component(spec, "broken", "neuco-plugin-broken", "1.0")


def worker_with(read) -> Worker:
    """A worker whose data set reads with a function."""
    data = SimpleNamespace(read=read, ids=lambda: ["a"])
    dataset = component(DatasetSpec(name="broken", summary="test", factory=lambda path: data))
    encoder = component(EncoderSpec(name="broken", summary="test", factory=Mean))
    return Worker(WorkerSetup(dataset, Path(), {}, encoder, {}))


def test_a_data_set_that_raises_is_named() -> None:
    with pytest.raises(
        ComponentOutputError, match=r"dataset broken/broken .* raised RuntimeError: x"
    ):
        worker_with(lambda ids: (_ for _ in ()).throw(RuntimeError("x"))).encode(["a"])


def test_a_data_set_that_returns_something_other_than_cubes_is_named() -> None:
    with pytest.raises(ComponentOutputError, match="returned a tuple instead of a Cube"):
        worker_with(lambda ids: [("a", 1)]).encode(["a"])


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ([], "did not return 2 cubes (a, b)"),
        (["b"], "returned cube 'b' instead of 'a'"),
        (["a", "b", "c"], "returned cube 'c' in addition to those requested"),
    ],
)
def test_a_data_set_that_returns_the_wrong_cubes_is_named(
    returned: list[str], message: str
) -> None:
    worker = worker_with(lambda ids: [Cube(cube_id, {}, {}) for cube_id in returned])
    with pytest.raises(ComponentOutputError) as caught:
        worker.read(["a", "b"])
    assert caught.value.message == f"the dataset broken/broken {message}"
    assert caught.value.hint == "neuco plugins check broken"


def test_ids_that_are_not_strings_are_an_error(
    planned: Callable[..., EncodeRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = SimpleNamespace(ids=lambda: [1, 2])
    monkeypatch.setattr("neucocore.encoding.plan.create", lambda *_, **__: source)
    with pytest.raises(ComponentOutputError, match=r"ids that are not strings: 2 of 2, .* 1, 2"):
        planned()


@pytest.mark.parametrize("fields", [{"weights": Path("w.pt")}, {"scale": float("nan")}])
def test_an_encoder_with_key_fields_that_are_not_json_is_named(tmp_path: Path, fields) -> None:
    worker = worker_with(lambda ids: [])
    worker.encoder = SimpleNamespace(cache_key_fields=lambda: fields)  # type: ignore[assignment]
    request = EncodeRequest(
        dataset=worker.setup.dataset,
        data=tmp_path,
        dataset_params={},
        encoder=worker.setup.encoder,
        encoder_params={},
        reducer=None,
        ids=("a",),
        output=tmp_path / "e.npz",
    )
    with pytest.raises(ComponentOutputError, match=r"encoder broken/broken .* raised .*Error"):
        workload_of(request, worker)


def test_a_reducer_that_raises_is_named() -> None:
    class Reducer:
        def __init__(self, dimension):
            pass

        def fit(self, matrix):
            raise ZeroDivisionError("no rows")

        def apply(self, matrix):
            return matrix

        def bytes_per_row(self):
            return 4.0

        state = fit

    reducer = component(ReducerSpec(name="broken", summary="test", factory=Reducer))
    request = SimpleNamespace(reducer=reducer, dimension=None, reducer_params={})
    with pytest.raises(ComponentOutputError, match=r"reducer broken/broken .* ZeroDivisionError"):
        reduce(request, np.ones((2, 2), np.float32))
