"""Weights from a file: found, read without running anything in it, and freed of their wrapping."""

from __future__ import annotations

import argparse
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from neuco_plugin_torch.safetensors import read_safetensors
from neucocore.plugin import ConfigError, DataError, MissingFileError

HUB = "hub:"
_HUB_NAME = re.compile(r"hub:(?P<repo>[^/@]+/[^/@]+)/(?P<file>[^@]+)@(?P<revision>[0-9a-f]{40})")
_WRAPPINGS = ("teacher", "state_dict", "model", "model_state_dict")
"""Under which a checkpoint keeps its weights, the one to use first."""
_UNUSED = ("momentum_encoder", "encoder_k", "student")
"""Copies that training keeps beside the weights to use."""
_HEADS = ("head", "fc.", "decoder", "mask_token", "predictor", "projector")
"""Parts that come after the features."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Weights by name, and the sha256 of the file they come from."""

    path: Path
    weights: Mapping[str, torch.Tensor]
    digest: str

    def backbone(self, anchor: str) -> dict[str, torch.Tensor]:
        """Return the weights of the backbone, with the names it knows them by.

        Wrappers put prefixes before names (``module.backbone.``); heads are left out.

        Parameters
        ----------
        anchor
            Name of a weight that every backbone of the kind has.

        Raises
        ------
        DataError
            The checkpoint has no such weight.
        """
        found = [
            name.removesuffix(anchor)
            for name in self.weights
            if (name == anchor or name.endswith(f".{anchor}"))
            and not any(part in name for part in _UNUSED)
        ]
        if not found:
            shown = ", ".join(list(self.weights)[:3])
            raise DataError(
                f"{self.path} holds no {anchor}; it holds {len(self.weights)} weights: {shown}",
                hint="another encoder (vit, resnet), or another checkpoint",
            )
        prefix = min(found, key=len)
        return {
            name.removeprefix(prefix): weight
            for name, weight in self.weights.items()
            if name.startswith(prefix) and not name.removeprefix(prefix).startswith(_HEADS)
        }


def load_checkpoint(weights: str, *, allow_download: bool = False) -> Checkpoint:
    """Read a checkpoint from a file or, when that is allowed, from a hub.

    Parameters
    ----------
    weights
        A path, or ``hub:OWNER/NAME/FILE@COMMIT``.
    allow_download
        Fetch a hub's file that is not in the local cache. Nothing is ever fetched without it.

    Raises
    ------
    MissingFileError
        There is no such file, or it would have to be fetched.
    ConfigError
        The name of a hub's file is not complete.
    DataError
        The file holds no weights, or cannot be read without running code in it.
    """
    path = _from_hub(weights, allow_download) if weights.startswith(HUB) else Path(weights)
    if not path.is_file():
        raise MissingFileError(
            f"there is no checkpoint {weights}",
            hint="--set weights=FILE, a .pth, .pt, .ckpt or .safetensors file on this machine",
        )
    _refuse_placeholders(path)
    found = read_safetensors(path) if path.suffix == ".safetensors" else _unpickled(path)
    return Checkpoint(path, _weights_in(found, path), _digest(path))


def _from_hub(name: str, allow_download: bool) -> Path:
    match = _HUB_NAME.fullmatch(name)
    if match is None:
        raise ConfigError(
            f"weights={name} does not say which file of a hub, in which state",
            hint="hub:OWNER/NAME/FILE@COMMIT, the commit with all its 40 digits",
        )
    try:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import LocalEntryNotFoundError
    except ImportError as error:
        raise ConfigError(
            f"weights={name} needs huggingface_hub",
            hint="pip install 'neuco-plugin-torch[hub]', or --set weights=FILE",
        ) from error
    try:
        return Path(
            hf_hub_download(
                match["repo"],
                match["file"],
                revision=match["revision"],
                local_files_only=not allow_download,
            )
        )
    except LocalEntryNotFoundError as error:
        missing = "could not be fetched" if allow_download else "is not on this machine"
        raise MissingFileError(
            f"the checkpoint {match['file']} of {match['repo']} {missing}",
            hint="look at the connection, or copy the file here and name it with --set weights=FILE"
            if allow_download
            else "--set allow_download=true fetches it",
        ) from error
    except (OSError, ValueError) as error:
        raise MissingFileError(
            f"the checkpoint {match['file']} of {match['repo']} cannot be had: {error}",
            hint="check owner, name, file and commit",
        ) from error


def _refuse_placeholders(path: Path) -> None:
    with path.open("rb") as stream:
        start = stream.read(64)
    if start.startswith(b"version https://git-lfs"):
        raise DataError(
            f"{path} is a git-LFS pointer, not the weights themselves", hint="git lfs pull"
        )
    if start.lstrip().lower().startswith((b"<!doctype", b"<html")):
        raise DataError(f"{path} is a web page, not a checkpoint", hint="download the file itself")


def _unpickled(path: Path) -> Any:
    """Read torch's own format; only tensors, plain values and argparse's record may be in it."""
    try:
        with torch.serialization.safe_globals([argparse.Namespace]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises what it likes on broken files
        reason = str(error).partition("\n")[0][:200]
        raise DataError(
            f"{path} cannot be read as weights alone: {type(error).__name__}: {reason}",
            hint="save its state_dict with torch.save, or as .safetensors",
        ) from error


def _weights_in(found: Any, path: Path) -> Mapping[str, torch.Tensor]:
    """Unwrap dictionaries of dictionaries down to the one of tensors."""
    while isinstance(found, Mapping):
        tensors = {name: value for name, value in found.items() if isinstance(value, torch.Tensor)}
        if tensors:
            return tensors
        inner = [found[name] for name in _WRAPPINGS if name in found]
        if not inner:
            break
        found = inner[0]
    shown = ", ".join(map(str, found)) if isinstance(found, Mapping) else type(found).__name__
    raise DataError(
        f"{path} holds no weights by name; it holds {shown or 'nothing'}",
        hint="save a model's state_dict()",
    )


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
