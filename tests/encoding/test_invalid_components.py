"""Data sets, reducers and encoders that break their contracts are named, with exit code 3."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from neucocore.components.discovery import Component
from neucocore.components.specs import DatasetSpec, EncoderSpec, ReducerSpec
from neucocore.data.audit.dataset import audit_dataset
from neucocore.data.cubes.cube import Cube
from neucocore.data.dataset_output import listed_label_files
from neucocore.encoding.assembly import coded_bytes, reduce
from neucocore.encoding.costs import costs_of, start_meter
from neucocore.encoding.preparation import _state
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


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([1, 2], r"ids that are not strings: 2 of 2, .* 1, 2"),
        ("abc", r"ids\(\) returned str, not a list of ids"),
        (b"abc", r"ids\(\) returned bytes, not a list of ids"),
        (["a", "b", "a"], "returned 1 of 2 ids more than once: a"),
        (None, "raised TypeError"),
        (3, "raised TypeError"),
    ],
)
def test_ids_that_are_not_different_strings_are_an_error(
    planned: Callable[..., EncodeRequest],
    monkeypatch: pytest.MonkeyPatch,
    ids: object,
    message: str,
) -> None:
    source = SimpleNamespace(ids=lambda: ids, read=list)
    monkeypatch.setattr("neucocore.encoding.plan.create", lambda *_, **__: source)
    with pytest.raises(ComponentOutputError, match=message):
        planned()
    dataset = component(DatasetSpec(name="broken", summary="test", factory=lambda path: source))
    with pytest.raises(ComponentOutputError, match=message):
        audit_dataset(dataset, Path("data"), {})


@pytest.mark.parametrize("files", ["a__cls.csv", [1], None])
def test_label_files_that_are_not_paths_are_an_error(files: object) -> None:
    source = SimpleNamespace(label_files=lambda: files)
    dataset = component(DatasetSpec(name="broken", summary="test", factory=Mean))
    with pytest.raises(ComponentOutputError, match=r"broken/broken .*(list of paths|TypeError)"):
        listed_label_files(source, dataset)


class Measured:
    """An encoder with methods for the costs of a run that return what they are made with."""

    def __init__(self, device: object = "cpu", *joules: object) -> None:
        self.device, self.joules = device, list(joules)

    def device_name(self) -> object:
        return self.device() if callable(self.device) else self.device

    def energy_joules(self) -> object:
        value = self.joules.pop(0) if self.joules else None
        if isinstance(value, Exception):
            raise value
        return value


def raises() -> str:
    raise RuntimeError("no device")


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        (Measured(raises), "raised RuntimeError: no device"),
        (Measured(None), "device_name of the encoder broken/broken returned None; expected a text"),
        (Measured(7), "returned 7; expected a text"),
        (Measured("cpu", "12"), "energy_joules .* returned '12'; expected joules"),
        (Measured("cpu", True), "returned True; expected joules"),
        (Measured("cpu", float("nan")), "returned nan; expected joules"),
        (Measured("cpu", ValueError("no counter")), "raised ValueError: no counter"),
    ],
)
def test_wrong_costs_are_reported_before_any_cube_is_encoded(
    encoder: Measured, message: str
) -> None:
    worker = worker_with(lambda ids: [])
    worker.encoder = encoder  # type: ignore[assignment]
    with pytest.raises(ComponentOutputError, match=message):
        start_meter(worker, 0.0)


def test_a_counter_that_fails_at_the_end_loses_nothing_but_the_energy(tmp_path: Path) -> None:
    worker = worker_with(lambda ids: [])
    for last, known in ((30.0, True), (RuntimeError("gone"), False), ("text", False)):
        worker.encoder = Measured("gpu", 10, last)  # type: ignore[assignment]
        meter = start_meter(worker, 0.0)
        request = SimpleNamespace(execution=SimpleNamespace(jobs=1, scheduler=None))
        work: Any = SimpleNamespace(request=request, folder=SimpleNamespace(path=tmp_path))
        costs = costs_of(work, meter, encoded=1, resumed=0)
        assert costs["device"] == "gpu"
        assert ("energy_joules_accelerator" in costs) == known


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (None, "NoneType instead of a mapping"),
        ({"names": np.array([{}], dtype=object)}, "'names' holds Python objects"),
        ({"model": object()}, "'model' holds Python objects"),
        ({1: np.zeros(2)}, "1 cannot be the name of an array"),
        ({"file": np.zeros(2)}, "'file' cannot be the name of an array"),
    ],
)
def test_a_state_that_needs_pickle_is_never_written(
    state: object, message: str, tmp_path: Path
) -> None:
    worker = worker_with(lambda ids: [])
    worker.encoder = SimpleNamespace(state=lambda: state)  # type: ignore[assignment]
    with pytest.raises(ComponentOutputError, match=rf"encoder broken/broken .*saved: {message}"):
        _state(worker)


@pytest.mark.parametrize("values", [[["1", "2"]], [[b"1"]], [[None]], [[1j]]])
def test_a_reducer_must_return_numbers(values: object) -> None:
    class Reducer:
        def __init__(self, dimension: object = None) -> None:
            pass

        def fit(self, matrix: object) -> Any:
            return self

        def apply(self, matrix: object) -> object:
            return np.array(values)

        def bytes_per_row(self) -> float:
            return 4.0

        def state(self) -> dict[str, object]:
            return {}

    reducer = component(ReducerSpec(name="broken", summary="test", factory=Reducer))
    request: Any = SimpleNamespace(reducer=reducer, dimension=None, reducer_params={})
    with pytest.raises(
        ComponentOutputError, match=r"broken/broken returned values of type .*, not"
    ):
        reduce(request, np.ones((1, 2), np.float32))


@pytest.mark.parametrize("code", ["ab", [1, 2], None])
def test_codes_must_be_bytes(code: object) -> None:
    coder = SimpleNamespace(to_codes=lambda rows: [code] * len(rows))
    spec = EncoderSpec(name="broken", summary="test", factory=Mean)
    with pytest.raises(ComponentOutputError, match="instead of bytes for a row"):
        coded_bytes(coder, np.zeros((2, 2), np.float32), component(spec))


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
