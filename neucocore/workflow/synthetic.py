"""Making a synthetic data set: its cubes by its plugin, its labels by the task plugins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from pathlib import Path
from typing import Any, cast

from neucocore.components.discovery import Component
from neucocore.components.factory import plugin_errors, resolve
from neucocore.components.specs import DatasetSpec
from neucocore.errors import ConfigError

TRUTH = "truth"
LABELS = "labels"

Progress = Callable[[int, int, str], None]


def generate_dataset(
    component: Component,
    out: Path,
    settings: Mapping[str, Any],
    progress: Progress | None = None,
) -> list[str]:
    """Make a data set, and derive the labels of every installed task from its truth.

    Parameters
    ----------
    component
        A data set that can be made.
    out
        The folder to write.
    settings
        Values of its ``generate_params``.
    progress
        Called with (done, of, what).

    Returns
    -------
    list of str
        One line for each task that has no label here, with the reason: a small Earth may have no
        city, and a stranger's task may need another source.

    Raises
    ------
    ConfigError
        The data set cannot be made.
    """
    spec = cast(DatasetSpec, component.spec)
    if spec.generate is None:
        raise ConfigError(
            f"the data set {component.full_name} is not one that can be made",
            hint=f"neuco data download {component.name} --output {out}"
            if spec.hub
            else "neuco list datasets",
        )
    values = {param.name: param.default for param in spec.generate_params} | dict(settings)
    function = resolve(component, spec.generate)
    if progress is not None and "progress" in signature(function).parameters:
        values["progress"] = lambda done, of: progress(done, of, "cubes")
    with plugin_errors(component):
        function(out, **values)
    return _derive(component, out, progress) if (out / TRUTH).is_dir() else []


def _derive(component: Component, out: Path, progress: Progress | None) -> list[str]:
    from neucocore.derivation.derive import derive_folder
    from neucocore.errors import NeucoError

    derived = derive_folder(component.name, out, out / LABELS, progress)
    return [
        f"{task}: {result.message}"
        for task, result in derived.items()
        if isinstance(result, NeucoError)
    ]
