"""neuco: find out how much compressed Earth-observation embeddings are still good for.

The public Python API. Every name is imported when it is first used, so that ``import neucocore``
costs nothing. The types of a function's arguments are checked here, where people call it.
"""

from __future__ import annotations

import importlib
import inspect
from typing import TYPE_CHECKING, Any

from neucocore.public_names import PUBLIC_NAMES
from neucocore.version import __version__

if TYPE_CHECKING:
    from neucocore.api import (
        choose,
        compare,
        encode,
        evaluate,
        generate,
        leaderboard,
        load_plugin,
        pack,
        read_pack,
        sweep,
    )
    from neucocore.choice.cells import error_map
    from neucocore.cli.app import run_command
    from neucocore.cli.tables import print_table
    from neucocore.cli.terminal import log, print_data, print_json, progress, warn
    from neucocore.components.bibtex import run_bibtex
    from neucocore.components.dependence import combined_fit
    from neucocore.components.discovery import installation
    from neucocore.components.factory import create
    from neucocore.components.lookup import find
    from neucocore.data.cubes.cube import Cube
    from neucocore.data.cubes.digest import cube_digest
    from neucocore.data.cubes.file import read_modality
    from neucocore.data.cubes.image import composites
    from neucocore.data.cubes.writing import write_modality
    from neucocore.data.embeddings.embeddings import Embeddings
    from neucocore.data.embeddings.formats import load_embeddings, save_embeddings
    from neucocore.data.embeddings.product_codes import dequantise
    from neucocore.data.embeddings.sidecar import write_sidecar
    from neucocore.data.labels.label_file import read_label_file
    from neucocore.data.labels.label_folder import read_label_folder
    from neucocore.data.labels.labels import Labels
    from neucocore.data.labels.subset import subset_ids
    from neucocore.errors import NeucoError
    from neucocore.files.outputs import OutputFile
    from neucocore.files.text_table import read_table
    from neucocore.results.probes import load_probe

__all__ = [
    "Cube",
    "Embeddings",
    "Labels",
    "NeucoError",
    "OutputFile",
    "__version__",
    "choose",
    "combined_fit",
    "compare",
    "composites",
    "create",
    "cube_digest",
    "dequantise",
    "encode",
    "error_map",
    "evaluate",
    "find",
    "generate",
    "installation",
    "leaderboard",
    "load_embeddings",
    "load_plugin",
    "load_probe",
    "log",
    "pack",
    "print_data",
    "print_json",
    "print_table",
    "progress",
    "read_label_file",
    "read_label_folder",
    "read_modality",
    "read_pack",
    "read_table",
    "run_bibtex",
    "run_command",
    "save_embeddings",
    "subset_ids",
    "sweep",
    "warn",
    "write_modality",
    "write_sidecar",
]


def __getattr__(name: str) -> Any:
    if name not in PUBLIC_NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(PUBLIC_NAMES[name]), name)
    if inspect.isfunction(value):
        value = importlib.import_module("neucocore.runtime.arguments").checked(value)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
