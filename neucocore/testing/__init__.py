"""The conformance kit: executable checks of what plugins promise.

The same checks run in `check_plugin`, in ``neuco plugins check NAME``, and as tests through the
pytest decorator in `neucocore.testing.pytest_plugin`. Every name is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neucocore.testing.cubes import make_cubes, write_cube_folder
    from neucocore.testing.kit import check_plugin
    from neucocore.testing.records import CheckRecord, summary

_ON_DEMAND = {
    "CheckRecord": "neucocore.testing.records",
    "check_plugin": "neucocore.testing.kit",
    "make_cubes": "neucocore.testing.cubes",
    "summary": "neucocore.testing.records",
    "write_cube_folder": "neucocore.testing.cubes",
}

__all__ = ["CheckRecord", "check_plugin", "make_cubes", "summary", "write_cube_folder"]


def __getattr__(name: str) -> Any:
    if name not in _ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_ON_DEMAND[name]), name)
    globals()[name] = value
    return value
