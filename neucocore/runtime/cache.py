"""The cache folder: its location and size, and how it is removed."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

VARIABLE = "NEUCO_CACHE"


def cache_folder() -> Path:
    """Return ``NEUCO_CACHE``, else the user's cache folder, else a folder for temporary files."""
    if path := os.environ.get(VARIABLE):
        return Path(path).expanduser()
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base) / "neuco"
    try:
        home = Path.home()
    except RuntimeError:
        return Path(tempfile.gettempdir()) / "neuco-cache"
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "neuco"


def size_of_cache() -> int:
    """Return the size of all files in the cache folder, in bytes."""
    return sum(path.stat().st_size for path in cache_folder().rglob("*") if path.is_file())


def clean_cache() -> int:
    """Remove the cache folder; return its size in bytes."""
    size = size_of_cache()
    shutil.rmtree(cache_folder(), ignore_errors=True)
    return size
