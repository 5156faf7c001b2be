"""Functions compiled with numba, and the cache of their machine code."""

from __future__ import annotations

import hashlib
import os
import pickle
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numba
import numba.core.caching
import numba.core.serialize

from neucocore.runtime.cache import SUFFIX

Function = TypeVar("Function", bound=Callable[..., Any])

DIGEST_BYTES = 32
FunctionCache: Any = numba.core.caching.FunctionCache
dumps: Any = numba.core.serialize.dumps

NAME_DIGITS = 16


def compiled(**options: Any) -> Callable[[Function], Function]:
    """Return a decorator that compiles a function, which then runs without the interpreter lock.

    The machine code is cached next to the source or in the user's cache folder. A cache that is
    missing, not writable or damaged never changes a result and raises no error: the function is
    compiled again, by every process if nothing can be stored.

    Parameters
    ----------
    **options
        Further options of `numba.njit`, such as ``fastmath``.
    """

    def decorate(function: Function) -> Function:
        fast = numba.njit(nogil=True, **options)(function)
        # Without a usable folder (a read-only installation, no home folder) numba raises
        # RuntimeError. Other errors are possible too, and none of them matters here.
        with suppress(Exception):
            fast._cache = _CheckedCache(function)
        return fast  # type: ignore[no-any-return]

    return decorate


class _CheckedCache(FunctionCache):  # type: ignore[misc]
    """numba's cache of one function, with checksums; problems with its files are no errors.

    numba itself unpickles and runs whatever its files contain, and fails if a file is damaged or
    cannot be written.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file = _CheckedFiles(
            Path(self._cache_path), self._impl.filename_base, self._impl.locator.get_source_stamp()
        )

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # noqa: BLE001  code of another numba, or files that cannot be read
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        with suppress(Exception):
            super().save_overload(sig, data)


class _CheckedFiles:
    """The files of one function's machine code, one for each signature and processor.

    A file is the sha256 of its content, then the content: a pickle of numba's version, the state
    of the source file, the key and the data.

    Parameters
    ----------
    folder, base
        Where the files are, and how their names start.
    source_stamp
        Identifies the content of the source file.
    """

    def __init__(self, folder: Path, base: str, source_stamp: Any) -> None:
        self._folder = folder
        self._base = base
        self._state = (numba.__version__, source_stamp)

    def load(self, key: Any) -> Any:
        """Return the data stored for a key, or None if there are none that can be trusted."""
        try:
            content = self._file(key).read_bytes()
        except OSError:
            return None
        digest, body = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
        if digest != hashlib.sha256(body).digest():
            return None
        state, stored_key, data = pickle.loads(body)  # noqa: S301  written by this class
        return data if (state, stored_key) == (self._state, key) else None

    def save(self, key: Any, data: Any) -> None:
        """Store data in one step, so that other processes never read an incomplete file."""
        body = dumps((self._state, key, data))
        descriptor, temporary = tempfile.mkstemp(SUFFIX, self._base, self._folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(hashlib.sha256(body).digest() + body)
            Path(temporary).replace(self._file(key))
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def flush(self) -> None:
        """Remove all files of the function."""
        for file in self._folder.glob(f"{self._base}*{SUFFIX}"):
            file.unlink(missing_ok=True)

    def _file(self, key: Any) -> Path:
        digest = hashlib.sha256(repr(key).encode()).hexdigest()
        return self._folder / f"{self._base}.{digest[:NAME_DIGITS]}{SUFFIX}"
