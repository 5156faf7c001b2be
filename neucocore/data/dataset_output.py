"""The ids and label files that a data set lists, checked as it returns them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from neucocore.components.discovery import Component
from neucocore.components.factory import plugin_errors
from neucocore.errors import ComponentOutputError


def listed_ids(source: Any, dataset: Component) -> list[str]:
    """Return the ids of a data set.

    Raises
    ------
    ComponentOutputError
        It raises, or does not return different texts.
    """
    with plugin_errors(dataset):
        returned = source.ids()
        ids = [] if isinstance(returned, str | bytes) else list(returned)
    if isinstance(returned, str | bytes):
        raise _error(dataset, f"ids() returned {type(returned).__name__}, not a list of ids")
    wrong = [cube_id for cube_id in ids if not isinstance(cube_id, str)]
    if wrong:
        raise _error(
            dataset,
            f"returned ids that are not strings: {len(wrong)} of {len(ids)}, such as "
            f"{', '.join(map(repr, wrong[:3]))}",
        )
    if repeated := [cube_id for cube_id, count in Counter(ids).items() if count > 1]:
        raise _error(
            dataset,
            f"returned {len(repeated)} of {len(set(ids))} ids more than once: "
            f"{', '.join(repeated[:3])}",
        )
    return ids


def listed_label_files(source: Any, dataset: Component) -> list[Path]:
    """Return the label files of a data set.

    Raises
    ------
    ComponentOutputError
        It raises, or does not return paths.
    """
    with plugin_errors(dataset):
        returned = source.label_files()
        files = [] if isinstance(returned, str | bytes) else list(returned)
    wrong = [file for file in files if not isinstance(file, str | Path)]
    if wrong or isinstance(returned, str | bytes):
        raise _error(dataset, "label_files() did not return a list of paths")
    return [Path(file) for file in files]


def _error(dataset: Component, problem: str) -> ComponentOutputError:
    return ComponentOutputError(
        f"the dataset {dataset.full_name} {problem}", hint=f"neuco plugins check {dataset.plugin}"
    )
