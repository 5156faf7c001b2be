"""Which data set reads the files of a folder, by the names of files that specs declare."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import cast

from neucocore.components.discovery import Component
from neucocore.components.lookup import find, names
from neucocore.components.specs import DatasetSpec
from neucocore.errors import AmbiguousComponentError
from neucocore.messages import quoted


def recognise(path: Path) -> Component | None:
    """Return the data set whose files (`DatasetSpec.files`) a folder holds; None if there is none.

    Parameters
    ----------
    path
        A folder, which is searched until a file is found, or a file.

    Raises
    ------
    AmbiguousComponentError
        Several data sets declare the name of the file.
    """
    components = [find("dataset", name) for name in names("dataset")]
    patterns = {
        component.full_name: (component, cast(DatasetSpec, component.spec).files)
        for component in components
        if cast(DatasetSpec, component.spec).files
    }
    if not patterns:
        return None
    for name in _file_names(path):
        readers = [
            component
            for component, globs in patterns.values()
            if any(fnmatch(name.lower(), glob.lower()) for glob in globs)
        ]
        if len(readers) > 1:
            raise AmbiguousComponentError(
                f"{name} can be read by {', '.join(reader.full_name for reader in readers)}",
                hint=f"neuco validate {quoted(path)} --dataset {readers[0].full_name}",
            )
        if readers:
            return readers[0]
    return None


def _file_names(path: Path) -> Iterator[str]:
    if not path.is_dir():
        yield path.name
        return
    for _, folders, files in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from sorted(name for name in files if not name.startswith("."))
