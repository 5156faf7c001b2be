"""A missing optional dependency is an error before the work, which names the extra."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from neucocore.components import discovery
from neucocore.data.cubes.writing import write_modality

FILES_PLUGIN = """
from neucocore.plugin import DatasetSpec, FileSource, HostedFile, HubSource, hookimpl
NEUCO_API = 1

@hookimpl
def neuco_datasets():
    return [
        DatasetSpec(name="hosted", summary="on a hub and on a server", factory=lambda path: None,
                    bands={"s1": ("vv",)}, hub=HubSource(repo="someone/cubes", revision="main"),
                    collections={"prizes": FileSource(
                        url="http://127.0.0.1:9/", revision="2025",
                        files=(HostedFile("first.csv", "ab" * 32, 20_000),))}),
    ]
"""


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working folder, with embeddings, labels, cubes and a plugin with downloads."""
    monkeypatch.chdir(tmp_path)
    Path("hosted.py").write_text(FILES_PLUGIN)
    monkeypatch.setenv(discovery.PATH_VARIABLE, str(tmp_path / "hosted.py"))
    discovery.forget()
    ids = np.array([f"c{number:02d}" for number in range(30)])
    np.savez("e.npz", ids=ids, matrix=np.arange(60, dtype=np.float32).reshape(30, 2))
    Path("labels").mkdir()
    rows = "".join(f"{name},{number * 7 % 11}\n" for number, name in enumerate(ids))
    Path("labels/size__regr.csv").write_text("id,label\n" + rows)
    for number in range(3):
        array = np.full((1, 2, 4, 4), number + 1.0, np.float32)
        write_modality(Path(f"cubes/s1/c{number}.zarr.zip"), array, ("vv", "vh"))
    Path("config.yaml").write_text(
        "k_folds: 3\nprobe_type: linear\nenable_plots: true\n"
        "probe_params: {batch_size: 64, epochs: 2, learning_rate: 0.001}\n"
    )
    yield tmp_path
    discovery.forget()


ENCODE = ("encode", "random", "--dataset", "folder", "--data", "cubes", "-o", "out/e.npz")
CASES = {
    "plots of a run": (
        "matplotlib", "plots", ("evaluate", "e.npz", "--labels", "labels", "-o", "out", "--plots"),
    ),
    "plots of a configuration": (
        "matplotlib", "plots",
        ("evaluate", "e.npz", "--labels", "labels", "-o", "out", "--config", "config.yaml"),
    ),
    "plots of a sweep": (
        "matplotlib", "plots",
        ("sweep", "e.npz", "--labels", "labels", "-o", "out", "--dims", "1", "--plots"),
    ),
    "image of a cube": (
        "matplotlib", "plots", ("inspect", "cubes/s1/c0.zarr.zip", "--png", "out/c0.png"),
    ),
    "cluster": (
        "distributed", "dask",
        (*ENCODE, "--executor", "dask", "--scheduler", "tcp://127.0.0.1:9"),
    ),
    "hub": ("huggingface_hub", "hub", ("data", "download", "hosted", "-o", "out")),
    "server": ("huggingface_hub", "hub", ("data", "download", "prizes", "-o", "out")),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_fault_84_a_missing_extra_is_named_before_the_work(
    neuco: Callable, work: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    module, extra, words = CASES[name]
    for loaded in [key for key in sys.modules if key.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, module, None)
    ended = neuco(*words)
    assert ended.code in (2, 3)
    assert ended.err.count("error:") == 1
    assert module in ended.err
    assert f"pip install 'neucocore[{extra}]'" in ended.err
    assert not Path("out").exists()
    assert "score" not in ended.err.partition("error:")[0]


def test_the_same_commands_without_the_extra_work(
    neuco: Callable, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("matplotlib", "distributed", "huggingface_hub"):
        monkeypatch.setitem(sys.modules, module, None)
    assert neuco("evaluate", "e.npz", "--labels", "labels", "-o", "out").code == 0
    assert neuco(*ENCODE).code == 0
