"""neuco: find out how much compressed Earth-observation embeddings are still good for.

The public Python API. Every name is imported when it is first used, so that ``import neucocore``
costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from neucocore.version import __version__

if TYPE_CHECKING:
    from neucocore.api import encode, evaluate, leaderboard
    from neucocore.components.discovery import installation
    from neucocore.components.factory import create
    from neucocore.components.lookup import find
    from neucocore.data.cubes.cube import Cube
    from neucocore.data.cubes.file import cube_digest, read_modality
    from neucocore.data.cubes.writing import write_modality
    from neucocore.data.embeddings.embeddings import Embeddings, load_embeddings, save_embeddings
    from neucocore.data.labels.labels import Labels, read_label_file, read_label_folder
    from neucocore.errors import NeucoError
    from neucocore.results.probes import load_probe

_HOMES = {
    "Cube": "neucocore.data.cubes.cube",
    "Embeddings": "neucocore.data.embeddings.embeddings",
    "Labels": "neucocore.data.labels.labels",
    "NeucoError": "neucocore.errors",
    "create": "neucocore.components.factory",
    "cube_digest": "neucocore.data.cubes.file",
    "encode": "neucocore.api",
    "evaluate": "neucocore.api",
    "find": "neucocore.components.lookup",
    "installation": "neucocore.components.discovery",
    "leaderboard": "neucocore.api",
    "load_embeddings": "neucocore.data.embeddings.embeddings",
    "load_probe": "neucocore.results.probes",
    "read_label_file": "neucocore.data.labels.labels",
    "read_label_folder": "neucocore.data.labels.labels",
    "read_modality": "neucocore.data.cubes.file",
    "save_embeddings": "neucocore.data.embeddings.embeddings",
    "write_modality": "neucocore.data.cubes.writing",
}

__all__ = [
    "Cube",
    "Embeddings",
    "Labels",
    "NeucoError",
    "__version__",
    "create",
    "cube_digest",
    "encode",
    "evaluate",
    "find",
    "installation",
    "leaderboard",
    "load_embeddings",
    "load_probe",
    "read_label_file",
    "read_label_folder",
    "read_modality",
    "save_embeddings",
    "write_modality",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
