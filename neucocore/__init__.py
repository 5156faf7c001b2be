"""neuco: find out how much compressed Earth-observation embeddings are still good for.

The public Python API. Every name is imported when it is first used, so that ``import neucocore``
costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from neucocore.data.cube import Cube
    from neucocore.data.embeddings import Embeddings, load_embeddings, save_embeddings

_HOMES = {
    "Cube": "neucocore.data.cube",
    "Embeddings": "neucocore.data.embeddings",
    "load_embeddings": "neucocore.data.embeddings",
    "save_embeddings": "neucocore.data.embeddings",
}

__all__ = ["Cube", "Embeddings", "__version__", "load_embeddings", "save_embeddings"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
