"""The cached files of neuco: machine code of compiled functions, the only thing it caches.

numba stores them next to the source, or in a folder of the user where that is not writable
(`neucocore.runtime.compiled`).
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

SUFFIX = ".neuco-code"
VARIABLE = "NUMBA_CACHE_DIR"
PACKAGE = Path(__file__).parent.parent


def cache_folders() -> list[Path]:
    """Return the folders below which cached files can be: the package, and one of the user."""
    if path := os.environ.get(VARIABLE):
        return [PACKAGE, Path(path)]
    if base := os.environ.get("XDG_CACHE_HOME"):
        return [PACKAGE, Path(base) / "numba"]
    try:
        home = Path.home()
    except RuntimeError:  # the user has no home folder, so numba has none either
        return [PACKAGE]
    return [PACKAGE, home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "numba"]


def cached_files() -> list[Path]:
    """Return the cached files of neuco, sorted."""
    return sorted(
        file for folder in cache_folders() for file in folder.rglob(f"*{SUFFIX}") if file.is_file()
    )


def size_of_cache() -> int:
    """Return the size of the cached files in bytes."""
    return sum(file.stat().st_size for file in cached_files())


def clean_cache() -> int:
    """Remove the cached files; return the size of those that could be removed, in bytes."""
    removed = 0
    for file in cached_files():
        size = file.stat().st_size
        with suppress(OSError):  # a folder that is not writable
            file.unlink()
            removed += size
    return removed
