"""The cache folder: where it is, how large it is, and emptying it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

VARIABLE = "NEUCO_CACHE"


def cache_folder() -> Path:
    """Return ``NEUCO_CACHE``, or the user's cache folder, or without a home a temporary one."""
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser()
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base) / "neuco"
    try:
        home = Path.home()
    except RuntimeError:
        return Path(tempfile.gettempdir()) / "neuco-cache"
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "neuco"


def size_of_cache() -> int:
    """Return the bytes of all files in the cache folder."""
    return sum(path.stat().st_size for path in cache_folder().rglob("*") if path.is_file())


def clean_cache() -> int:
    """Remove the cache folder; return the bytes that were in it."""
    size = size_of_cache()
    shutil.rmtree(cache_folder(), ignore_errors=True)
    return size
