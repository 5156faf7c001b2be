"""Npz files without pickled objects; one that neuco wrote may have been damaged since."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

DAMAGED = (ValueError, EOFError, KeyError, BadZipFile, zlib.error, NotImplementedError)
"""What numpy raises for files that are cut off, overwritten, or of another kind."""


def read_npz(path: Path) -> dict[str, NDArray[Any]]:
    """Return all arrays of an npz file by name.

    Raises
    ------
    OSError
        The file cannot be opened.
    ValueError
        The file is damaged, or holds pickled objects.
    """
    # np.load leaves a damaged file open that it opened itself.
    with path.open("rb") as stream:
        try:
            arrays = np.load(stream, allow_pickle=False)
            return {name: arrays[name] for name in arrays.files}
        except AttributeError:  # one array, not an archive
            raise ValueError("it is not an npz file") from None
        except DAMAGED as error:
            raise ValueError(str(error) or type(error).__name__) from None


def plain_arrays(values: object) -> dict[str, NDArray[Any]]:
    """Return arrays by name that numpy writes to an npz file without pickle.

    Parameters
    ----------
    values
        What code of a plugin returned.

    Raises
    ------
    ValueError
        It is not a mapping from names to arrays of plain types.
    """
    if not isinstance(values, Mapping):
        raise ValueError(f"{type(values).__name__} instead of a mapping from names to arrays")
    arrays = {}
    for name, value in values.items():
        # np.savez has arguments of these names.
        if not isinstance(name, str) or name in ("", "file", "args", "kwds", "allow_pickle"):
            raise ValueError(f"{name!r} cannot be the name of an array")
        array = np.asarray(value)
        if array.dtype.hasobject:
            raise ValueError(f"{name!r} holds Python objects, not an array of numbers or texts")
        arrays[name] = array
    return arrays
