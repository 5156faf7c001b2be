"""A worker of a cluster reads what the client means, or reports its host and the path."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neucocore.components import discovery
from neucocore.components.factory import create
from neucocore.components.parameters import parameter_paths
from neucocore.components.specs import Param
from neucocore.data.cubes.writing import write_modality
from neucocore.encoding import remote
from neucocore.encoding.request import EncodeRequest, cube_digests
from neucocore.encoding.worker import WorkerSetup
from neucocore.errors import RunError

HOST = "node-7"
IDS = ["cube-00", "cube-03"]


@pytest.fixture(autouse=True)
def on_another_host(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(remote, "host", lambda: HOST)
    remote._worker.cache_clear()
    yield
    remote._worker.cache_clear()


@pytest.fixture
def setup(planned: Callable[..., EncodeRequest]) -> Callable[..., WorkerSetup]:
    def make(encoder: str = "toy-sums", **options: Any) -> WorkerSetup:
        request = planned("e.npz", encoder, **options)
        return WorkerSetup(
            dataset=request.dataset,
            data=request.data,
            dataset_params=request.dataset_params,
            encoder=request.encoder,
            encoder_params=request.encoder_params,
        )

    return make


def digests(setup: WorkerSetup) -> list[str]:
    return cube_digests(create(setup.dataset, setup.data, **setup.dataset_params), IDS)


def test_a_worker_with_the_same_files_encodes(setup: Callable[..., WorkerSetup]) -> None:
    sent = remote.remote_setup(setup())
    received = pickle.loads(pickle.dumps(sent))  # noqa: S301
    batch = remote.encode(received, IDS, digests(setup()))
    assert batch.ids == tuple(IDS)
    assert batch.vectors.shape == (2, 3)


def test_fault_87_relative_paths_are_resolved_by_the_client(
    setup: Callable[..., WorkerSetup], cubes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(cubes.parent)
    sent = remote.remote_setup(replace(setup(), data=Path(cubes.name)))
    (tmp_path / "elsewhere" / cubes.name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert remote.encode(sent, IDS, digests(setup())).ids == tuple(IDS)


def test_fault_87_paths_in_parameters_are_resolved_by_the_client(
    setup: Callable[..., WorkerSetup], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("weights.txt").write_text("trained well")
    coded = setup("toy-coded", params={"weights": "weights.txt"})
    sent = remote.remote_setup(coded)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    Path("weights.txt").write_text("trained badly")
    encoder: Any = remote._worker(sent).encoder
    assert encoder.weights == tmp_path / "weights.txt"


def test_fault_87_a_missing_folder_is_named_with_the_host(
    setup: Callable[..., WorkerSetup], cubes: Path
) -> None:
    sent, expected = remote.remote_setup(setup()), digests(setup())
    cubes.rename(cubes.with_name("moved"))
    with pytest.raises(RunError, match=f"on {HOST} has no data folder {cubes}"):
        remote.encode(sent, IDS, expected)


@pytest.mark.parametrize("change", ["other content", "missing", "not a zip"])
def test_fault_87_other_files_at_the_same_path_are_named_with_the_host(
    setup: Callable[..., WorkerSetup], cubes: Path, change: str
) -> None:
    sent, expected = remote.remote_setup(setup()), digests(setup())
    file = cubes / "cube-03.zarr.zip"
    if change == "other content":
        write_modality(file, np.ones((2, 2, 8, 8), np.float32), ("vv", "vh"))
    elif change == "missing":
        file.unlink()
    else:
        file.write_text("<html>")
    with pytest.raises(RunError, match=f"on {HOST} reads other files in {cubes}.* cube-03"):
        remote.encode(sent, IDS, expected)


def test_fault_87_other_weights_at_the_same_path_are_named_with_the_host(
    setup: Callable[..., WorkerSetup], tmp_path: Path
) -> None:
    weights = tmp_path / "weights.txt"
    weights.write_text("trained well")
    coded = setup("toy-coded", params={"weights": str(weights)})
    sent = remote.remote_setup(coded)
    weights.write_text("trained badly")
    with pytest.raises(RunError, match=f"on {HOST} has another content of the encoder's files"):
        remote.encode(sent, IDS, digests(coded))


def test_fault_87_another_version_of_a_plugin_is_named_with_the_host(
    setup: Callable[..., WorkerSetup], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = remote.remote_setup(setup())
    monkeypatch.setattr(remote, "code_identity", lambda component: {"version": "9"})
    with pytest.raises(RunError, match=f"on {HOST} has another code of the data set") as caught:
        remote.encode(sent, IDS, digests(setup()))
    assert "neuco plugins freeze" in str(caught.value.hint)


def test_fault_87_a_missing_plugin_file_is_named_with_the_host(
    setup: Callable[..., WorkerSetup], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = tmp_path / "copied_toy_plugin.py"
    shutil.copy(os.environ[discovery.PATH_VARIABLE], plugin)
    monkeypatch.setenv(discovery.PATH_VARIABLE, str(plugin))
    toy = setup()
    sent, expected = remote.remote_setup(toy), digests(toy)
    plugin.unlink()
    monkeypatch.delenv(discovery.PATH_VARIABLE)
    with pytest.raises(RunError, match=f"on {HOST} has no plugin file {plugin}"):
        remote.encode(sent, IDS, expected)


def test_fault_87_a_missing_distribution_is_named_with_the_host(
    setup: Callable[..., WorkerSetup],
) -> None:
    sent = remote.remote_setup(setup())
    broken = sent.setup.replace(b"neucocore.encoding.worker", b"neucocore.encoding.werker")
    with pytest.raises(RunError, match=f"on {HOST}: ModuleNotFoundError: .*werker"):
        remote.encode(replace(sent, setup=broken), IDS, digests(setup()))


@given(
    name=st.text("ab.", min_size=1, max_size=6).filter(lambda text: text.strip(".") != ""),
    folder=st.sampled_from(["", "sub/"]),
    exists=st.booleans(),
    has_choices=st.booleans(),
)
@settings(
    derandomize=True,
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_only_paths_of_existing_files_are_resolved(
    tmp_path: Path, name: str, folder: str, exists: bool, has_choices: bool
) -> None:
    before = Path.cwd()
    shutil.rmtree(tmp_path)
    (tmp_path / "sub").mkdir(parents=True)
    os.chdir(tmp_path)
    try:
        text = folder + name
        if exists:
            Path(text).write_text("")
        param = Param("weights", "str", "random", "", choices=(text,) if has_choices else ())
        looks_like_a_path = "/" in text or "." in text
        resolved = exists and looks_like_a_path and not has_choices
        expected = str(tmp_path / text) if resolved else text
        assert parameter_paths({"weights": text}, [param]) == {"weights": expected}
    finally:
        os.chdir(before)
