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
def test_the_backbone_is_found_in_every_wrapping(tmp_path: Path, kind: str) -> None:
    torch.save(WRAPPED[kind], tmp_path / "w.pth")
    found = load_checkpoint(str(tmp_path / "w.pth")).backbone(ANCHOR)
    assert set(found) == set(backbone(7))
    assert all((weight == 7).all() for weight in found.values())


def test_a_missing_checkpoint_is_named() -> None:
    with pytest.raises(MissingFileError, match=r"there is no checkpoint nowhere\.pth") as caught:
        load_checkpoint("nowhere.pth")
    assert caught.value.exit_code == 4


def test_weights_of_another_kind_of_network_are_refused(tmp_path: Path) -> None:
    torch.save(backbone(1), tmp_path / "w.pth")
    with pytest.raises(DataError, match=r"holds no patch_embed\.proj\.weight; it holds 2 weights"):
        load_checkpoint(str(tmp_path / "w.pth")).backbone("patch_embed.proj.weight")


class Malice:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return (Path.touch, (self.file,))


def test_code_in_a_checkpoint_never_runs(tmp_path: Path) -> None:
    torch.save({**backbone(1), "more": Malice(tmp_path / "ran")}, tmp_path / "w.pth")
    with pytest.raises(DataError, match="cannot be read as weights alone"):
        load_checkpoint(str(tmp_path / "w.pth"))
    assert not (tmp_path / "ran").exists()


def test_a_truncated_checkpoint_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "w.pth"
    torch.save(backbone(1), file)
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(DataError, match=r"w\.pth cannot be read"):
        load_checkpoint(str(file))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "git-LFS pointer"),
        (b"\n<!DOCTYPE html><html>", "web page"),
    ],
)
def test_what_stands_in_for_a_checkpoint_is_recognised(
    tmp_path: Path, content: bytes, what: str
) -> None:
    (tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(DataError, match=what):
        load_checkpoint(str(tmp_path / "w.pth"))


@pytest.mark.parametrize("content", [{"epoch": 3}, [1, 2], {"state_dict": {}}])
def test_a_file_without_weights_is_refused(tmp_path: Path, content: Any) -> None:
    torch.save(content, tmp_path / "w.pth")
    with pytest.raises(DataError, match="holds no weights by name"):
        load_checkpoint(str(tmp_path / "w.pth"))


def test_the_digest_is_of_the_bytes(tmp_path: Path) -> None:
    for name, value in (("a", 1), ("b", 1), ("c", 2)):
        (tmp_path / name).mkdir()
        torch.save(backbone(value), tmp_path / name / "w.pth")
    a, b, c = (load_checkpoint(str(tmp_path / name / "w.pth")).digest for name in "abc")
    assert a == b != c


class Hub:
    """What stands in for huggingface_hub: a cache with or without one file."""

    def __init__(self, cached: Path | None, remote: Path | None) -> None:
        self.cached, self.remote = cached, remote
        self.asked: list[dict[str, Any]] = []

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        hub, errors = ModuleType("huggingface_hub"), ModuleType("huggingface_hub.errors")
        errors.LocalEntryNotFoundError = type("Missing", (Exception,), {})  # type: ignore[attr-defined]

        def hf_hub_download(repo: str, file: str, *, revision: str, local_files_only: bool) -> str:
            self.asked.append({"repo": repo, "file": file, "revision": revision})
            found = self.cached or (None if local_files_only else self.remote)
            if found is None:
                raise errors.LocalEntryNotFoundError(file)  # type: ignore[attr-defined]
            return str(found)

        hub.hf_hub_download = hf_hub_download  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
        monkeypatch.setitem(sys.modules, "huggingface_hub.errors", errors)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.save(backbone(7), tmp_path / "w.pth")
    return tmp_path / "w.pth"


NAME = f"hub:owner/name/folder/w.pth@{COMMIT}"


def test_nothing_is_fetched_without_leave(monkeypatch: pytest.MonkeyPatch, weights: Path) -> None:
    Hub(cached=None, remote=weights).install(monkeypatch)
    with pytest.raises(MissingFileError, match="is not on this machine") as caught:
        load_checkpoint(NAME)
    assert "allow_download=true" in str(caught.value)


def test_with_leave_the_named_file_of_the_named_commit_is_fetched(
    monkeypatch: pytest.MonkeyPatch, weights: Path
) -> None:
    hub = Hub(cached=None, remote=weights)
    hub.install(monkeypatch)
    assert len(load_checkpoint(NAME, allow_download=True).weights) == 2
    assert hub.asked == [{"repo": "owner/name", "file": "folder/w.pth", "revision": COMMIT}]


def test_a_cached_file_needs_no_leave(monkeypatch: pytest.MonkeyPatch, weights: Path) -> None:
    Hub(cached=weights, remote=None).install(monkeypatch)
    assert load_checkpoint(NAME).path == weights


def test_offline_the_fetch_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    Hub(cached=None, remote=None).install(monkeypatch)
    with pytest.raises(MissingFileError, match="could not be fetched"):
        load_checkpoint(NAME, allow_download=True)


@pytest.mark.parametrize("name", ["hub:owner/name/w.pth", "hub:owner/name/w.pth@main", "hub:w.pth"])
def test_fault_46_a_hubs_file_is_named_with_its_commit(name: str) -> None:
    with pytest.raises(ConfigError, match="does not say which file of a hub"):
        load_checkpoint(name, allow_download=True)


def test_fault_54_a_missing_hub_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ConfigError) as caught:
        load_checkpoint(NAME)
    assert "neuco-plugin-torch[hub]" in str(caught.value)


def write_safetensors(path: Path, header: dict[str, Any], body: bytes) -> None:
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)


def test_safetensors_are_read_byte_for_byte(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    body = torch.tensor([1.5, -2.0, 3.0, 4.0]).numpy().tobytes() + b"\x00\x3c"
    header = {
        "__metadata__": {"format": "pt"},
        ANCHOR: {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
        "half": {"dtype": "F16", "shape": [1], "data_offsets": [16, 18]},
        "none": {"dtype": "F32", "shape": [0], "data_offsets": [18, 18]},
    }
    write_safetensors(file, header, body)
    found = load_checkpoint(str(file)).weights
    assert found[ANCHOR].tolist() == [[1.5, -2.0], [3.0, 4.0]]
    assert found["half"].tolist() == [1.0]
    assert found["none"].shape == (0,)


@pytest.mark.parametrize(
    "said",
    [
        {"dtype": "F32", "shape": [2], "data_offsets": [0, 80]},
        {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]},
        {"dtype": "F99", "shape": [2], "data_offsets": [0, 8]},
        {"shape": [2]},
    ],
)
def test_broken_safetensors_are_refused(tmp_path: Path, said: dict[str, Any]) -> None:
    write_safetensors(tmp_path / "w.safetensors", {"a": said}, bytes(8))
    with pytest.raises(DataError, match="no safetensors file, or a broken one"):
        load_checkpoint(str(tmp_path / "w.safetensors"))


@pytest.mark.parametrize("content", [b"", b"\x05\x00\x00\x00\x00\x00\x00\x00{", b"\xff" * 40])
def test_cut_or_foreign_safetensors_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(DataError, match="no safetensors file"):
        load_checkpoint(str(tmp_path / "w.safetensors"))
