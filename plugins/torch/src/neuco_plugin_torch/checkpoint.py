"""Weights of a model, read from a file without running code in it."""

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
"""Keys under which checkpoints store their weights, in order of preference."""
_UNUSED = ("momentum_encoder", "encoder_k", "student")
"""Copies of the weights that are only used in training."""
_HEADS = ("head", "fc.", "decoder", "mask_token", "predictor", "projector")
"""Parts of a model after the features."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Weights by name, and the SHA-256 digest of their file."""

    path: Path
    weights: Mapping[str, torch.Tensor]
    digest: str

    def backbone(self, anchor: str) -> dict[str, torch.Tensor]:
        """Return the weights of the backbone without prefixes such as ``module.backbone.``.

        Weights of heads are left out.

        Parameters
        ----------
        anchor
            Name of a weight that every backbone of this type has.

        Raises
        ------
        DataError
            The checkpoint has no such weight.
        """
        prefixes = [
            name.removesuffix(anchor)
            for name in self.weights
            if (name == anchor or name.endswith(f".{anchor}"))
            and not any(part in name for part in _UNUSED)
        ]
        if not prefixes:
            examples = ", ".join(list(self.weights)[:3])
            raise DataError(
                f"{self.path} has no weight {anchor}; its {len(self.weights)} weights are "
                f"{examples}, ...",
                hint="use the encoder for this checkpoint: vit or resnet",
            )
        prefix = min(prefixes, key=len)
        return {
            name.removeprefix(prefix): weight
            for name, weight in self.weights.items()
            if name.startswith(prefix) and not name.removeprefix(prefix).startswith(_HEADS)
        }


def load_checkpoint(weights: str, *, allow_download: bool = False) -> Checkpoint:
    """Read a checkpoint from a file or, if allowed, from a hub.

    Parameters
    ----------
    weights
        A path, or ``hub:OWNER/NAME/FILE@COMMIT``.
    allow_download
        Download a file of a hub that is not in the local cache. Nothing is downloaded without it.

    Raises
    ------
    MissingFileError
        The file does not exist, or would have to be downloaded.
    ConfigError
        The name of a file of a hub is not complete.
    DataError
        The file has no weights, or cannot be read without running code in it.
    """
    path = _from_hub(weights, allow_download) if weights.startswith(HUB) else Path(weights)
    if not path.is_file():
        raise MissingFileError(
            f"the checkpoint {weights} does not exist",
            hint="give a .pth, .pt, .ckpt or .safetensors file: --set weights=FILE",
        )
    _check_not_placeholder(path)
    content = read_safetensors(path) if path.suffix == ".safetensors" else _unpickled(path)
    return Checkpoint(path, _weights_in(content, path), _digest(path))


def _from_hub(name: str, allow_download: bool) -> Path:
    match = _HUB_NAME.fullmatch(name)
    if match is None:
        raise ConfigError(
            f"weights={name} does not name a file of a hub and its commit",
            hint="use hub:OWNER/NAME/FILE@COMMIT with the 40 digits of the commit",
        )
    try:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import LocalEntryNotFoundError
    except ImportError as error:
        raise ConfigError(
            f"weights={name} requires huggingface_hub",
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
        missing = "could not be downloaded" if allow_download else "is not on this machine"
        raise MissingFileError(
            f"the checkpoint {match['file']} of {match['repo']} {missing}",
            hint="check the connection, or copy the file to this machine and use --set weights=FILE"
            if allow_download
            else "download it with --set allow_download=true",
        ) from error
    except (OSError, ValueError) as error:
        raise MissingFileError(
            f"the checkpoint {match['file']} of {match['repo']} is not available: {error}",
            hint="check owner, name, file and commit",
        ) from error


def _check_not_placeholder(path: Path) -> None:
    with path.open("rb") as stream:
        start = stream.read(64)
    if start.startswith(b"version https://git-lfs"):
        raise DataError(f"{path} is a git-LFS pointer, not the weights", hint="git lfs pull")
    if start.lstrip().lower().startswith((b"<!doctype", b"<html")):
        raise DataError(
            f"{path} is a web page, not a checkpoint",
            hint="download the file, not the page that shows it",
        )


def _unpickled(path: Path) -> Any:
    """Read the format of torch.save; only tensors, plain values and Namespaces are allowed."""
    try:
        with torch.serialization.safe_globals([argparse.Namespace]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many types for broken files
        reason = str(error).partition("\n")[0][:200]
        raise DataError(
            f"{path} cannot be read without running code in it: {type(error).__name__}: {reason}",
            hint="save only the state_dict with torch.save, or as .safetensors",
        ) from error


def _weights_in(content: Any, path: Path) -> Mapping[str, torch.Tensor]:
    """Return the dictionary of tensors, which may be nested in other dictionaries."""
    while isinstance(content, Mapping):
        tensors = {
            name: value for name, value in content.items() if isinstance(value, torch.Tensor)
        }
        if tensors:
            return tensors
        inner = [content[name] for name in _WRAPPINGS if name in content]
        if not inner:
            break
        content = inner[0]
    keys = ", ".join(map(str, content)) if isinstance(content, Mapping) else type(content).__name__
    raise DataError(
        f"{path} contains no weights by name, but {keys or 'nothing'}",
        hint="save the state_dict() of the model",
    )


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
