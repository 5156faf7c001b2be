from __future__ import annotations

import argparse
import json
import sys
from collections import OrderedDict
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from neuco_plugin_torch.checkpoint import load_checkpoint
from neucocore.plugin import ConfigError, DataError, MissingFileError

ANCHOR = "conv1.weight"
COMMIT = "5b41dd418a79de47ac9f5be3e035405a83818a62"


def backbone(value: float) -> dict[str, torch.Tensor]:
    return {ANCHOR: torch.full((2,), value), "layer1.0.conv1.weight": torch.full((3,), value)}


def prefixed(prefix: str, weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return OrderedDict((prefix + name, weight) for name, weight in weights.items())


HEAD = {"fc.weight": torch.zeros(4), "head.last_layer.weight": torch.zeros(4)}
WRAPPED: dict[str, Any] = {
    "plain": {**backbone(7), **HEAD},
    "dino": {
        "student": prefixed("module.backbone.", backbone(1)),
        "teacher": prefixed("backbone.", {**backbone(7), **HEAD}),
        "optimizer": {"state": {}},
        "args": argparse.Namespace(arch="vit_small"),
        "epoch": 99,
    },
    "moco": {
        "epoch": 100,
        "state_dict": {
            **prefixed("module.encoder_k.", backbone(1)),
            **prefixed("module.encoder_q.", {**backbone(7), **HEAD}),
            "module.queue": torch.zeros(3),
        },
    },
    "moco-v3": {
        "state_dict": {
            **prefixed("module.momentum_encoder.", backbone(1)),
            **prefixed("module.base_encoder.", backbone(7)),
        }
    },
    "model": {"model": {"model_state_dict": backbone(7)}},
}


@pytest.mark.parametrize("kind", WRAPPED)
def test_the_backbone_is_found_in_every_checkpoint_format(tmp_path: Path, kind: str) -> None:
    torch.save(WRAPPED[kind], tmp_path / "w.pth")
    weights = load_checkpoint(str(tmp_path / "w.pth")).backbone(ANCHOR)
    assert set(weights) == set(backbone(7))
    assert all((weight == 7).all() for weight in weights.values())


def test_a_missing_checkpoint_is_an_error() -> None:
    with pytest.raises(
        MissingFileError, match=r"the checkpoint nowhere\.pth does not exist"
    ) as caught:
        load_checkpoint("nowhere.pth")
    assert caught.value.exit_code == 4


def test_weights_of_a_different_network_are_an_error(tmp_path: Path) -> None:
    torch.save(backbone(1), tmp_path / "w.pth")
    with pytest.raises(
        DataError, match=r"has no weight patch_embed\.proj\.weight; its 2 weights are"
    ):
        load_checkpoint(str(tmp_path / "w.pth")).backbone("patch_embed.proj.weight")


class Malicious:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return (Path.touch, (self.file,))


def test_code_in_a_checkpoint_is_never_executed(tmp_path: Path) -> None:
    torch.save({**backbone(1), "more": Malicious(tmp_path / "ran")}, tmp_path / "w.pth")
    with pytest.raises(DataError, match="cannot be read without running code"):
        load_checkpoint(str(tmp_path / "w.pth"))
    assert not (tmp_path / "ran").exists()


def test_a_truncated_checkpoint_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "w.pth"
    torch.save(backbone(1), file)
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(DataError, match=r"w\.pth cannot be read"):
        load_checkpoint(str(file))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "git-LFS pointer"),
        (b"\n<!DOCTYPE html><html>", "web page"),
    ],
)
def test_a_placeholder_of_a_checkpoint_is_recognised(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(DataError, match=message):
        load_checkpoint(str(tmp_path / "w.pth"))


@pytest.mark.parametrize("content", [{"epoch": 3}, [1, 2], {"state_dict": {}}])
def test_a_file_without_weights_is_an_error(tmp_path: Path, content: Any) -> None:
    torch.save(content, tmp_path / "w.pth")
    with pytest.raises(DataError, match="contains no weights by name"):
        load_checkpoint(str(tmp_path / "w.pth"))


def test_the_digest_depends_on_the_bytes_only(tmp_path: Path) -> None:
    for name, value in (("a", 1), ("b", 1), ("c", 2)):
        (tmp_path / name).mkdir()
        torch.save(backbone(value), tmp_path / name / "w.pth")
    a, b, c = (load_checkpoint(str(tmp_path / name / "w.pth")).digest for name in "abc")
    assert a == b != c


class Hub:
    """A replacement of huggingface_hub, with or without one file in the cache."""

    def __init__(self, cached: Path | None, remote: Path | None) -> None:
        self.cached, self.remote = cached, remote
        self.requests: list[dict[str, Any]] = []

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        hub, errors = ModuleType("huggingface_hub"), ModuleType("huggingface_hub.errors")
        errors.LocalEntryNotFoundError = type("Missing", (Exception,), {})  # type: ignore[attr-defined]

        def hf_hub_download(repo: str, file: str, *, revision: str, local_files_only: bool) -> str:
            self.requests.append({"repo": repo, "file": file, "revision": revision})
            file_path = self.cached or (None if local_files_only else self.remote)
            if file_path is None:
                raise errors.LocalEntryNotFoundError(file)  # type: ignore[attr-defined]
            return str(file_path)

        hub.hf_hub_download = hf_hub_download  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
        monkeypatch.setitem(sys.modules, "huggingface_hub.errors", errors)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.save(backbone(7), tmp_path / "w.pth")
    return tmp_path / "w.pth"


NAME = f"hub:owner/name/folder/w.pth@{COMMIT}"


def test_nothing_is_downloaded_by_default(monkeypatch: pytest.MonkeyPatch, weights: Path) -> None:
    Hub(cached=None, remote=weights).install(monkeypatch)
    with pytest.raises(MissingFileError, match="is not on this machine") as caught:
        load_checkpoint(NAME)
    assert "allow_download=true" in str(caught.value)


def test_with_allow_download_the_file_of_the_commit_is_downloaded(
    monkeypatch: pytest.MonkeyPatch, weights: Path
) -> None:
    hub = Hub(cached=None, remote=weights)
    hub.install(monkeypatch)
    assert len(load_checkpoint(NAME, allow_download=True).weights) == 2
    assert hub.requests == [{"repo": "owner/name", "file": "folder/w.pth", "revision": COMMIT}]


def test_a_cached_file_needs_no_download(monkeypatch: pytest.MonkeyPatch, weights: Path) -> None:
    Hub(cached=weights, remote=None).install(monkeypatch)
    assert load_checkpoint(NAME).path == weights


def test_a_failed_download_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    Hub(cached=None, remote=None).install(monkeypatch)
    with pytest.raises(MissingFileError, match="could not be downloaded"):
        load_checkpoint(NAME, allow_download=True)


@pytest.mark.parametrize("name", ["hub:owner/name/w.pth", "hub:owner/name/w.pth@main", "hub:w.pth"])
def test_fault_46_a_file_of_a_hub_is_named_with_its_commit(name: str) -> None:
    with pytest.raises(ConfigError, match="does not name a file of a hub"):
        load_checkpoint(name, allow_download=True)


def test_fault_54_a_missing_hub_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ConfigError) as caught:
        load_checkpoint(NAME)
    assert "neuco-plugin-torch[hub]" in str(caught.value)


def write_safetensors(path: Path, header: dict[str, Any], body: bytes) -> None:
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)


def test_safetensors_are_read(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    body = torch.tensor([1.5, -2.0, 3.0, 4.0]).numpy().tobytes() + b"\x00\x3c"
    header = {
        "__metadata__": {"format": "pt"},
        ANCHOR: {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
        "half": {"dtype": "F16", "shape": [1], "data_offsets": [16, 18]},
        "none": {"dtype": "F32", "shape": [0], "data_offsets": [18, 18]},
    }
    write_safetensors(file, header, body)
    tensors = load_checkpoint(str(file)).weights
    assert tensors[ANCHOR].tolist() == [[1.5, -2.0], [3.0, 4.0]]
    assert tensors["half"].tolist() == [1.0]
    assert tensors["none"].shape == (0,)


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F32", "shape": [2], "data_offsets": [0, 80]},
        {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]},
        {"dtype": "F99", "shape": [2], "data_offsets": [0, 8]},
        {"shape": [2]},
    ],
)
def test_invalid_safetensors_are_an_error(tmp_path: Path, entry: dict[str, Any]) -> None:
    write_safetensors(tmp_path / "w.safetensors", {"a": entry}, bytes(8))
    with pytest.raises(DataError, match="not a valid safetensors file"):
        load_checkpoint(str(tmp_path / "w.safetensors"))


@pytest.mark.parametrize("content", [b"", b"\x05\x00\x00\x00\x00\x00\x00\x00{", b"\xff" * 40])
def test_truncated_safetensors_and_other_files_are_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(DataError, match="not a valid safetensors file"):
        load_checkpoint(str(tmp_path / "w.safetensors"))
