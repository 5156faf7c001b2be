"""Reading npz files that neuco wrote, of which any may have been damaged since."""

from __future__ import annotations

import zlib
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
