"""Generate a synthetic data set: its cubes by its plugin, its labels by the task plugins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from pathlib import Path
from typing import Any, cast

from neucocore.components.discovery import Component
from neucocore.components.factory import plugin_errors, resolve
from neucocore.components.specs import DatasetSpec
from neucocore.errors import ConfigError
from neucocore.files.outputs import check_generated_folder, check_output_folder, generating

COMMAND = "data generate"
TRUTH = "truth"
LABELS = "labels"

Progress = Callable[[int, int, str], None]


def generate_dataset(
    component: Component,
    out: Path,
    settings: Mapping[str, Any],
    progress: Progress | None = None,
    *,
    force: bool = False,
) -> list[str]:
    """Generate a data set, and derive the labels of every installed task from its truth.

    Parameters
    ----------
    component
        A data set that can be generated.
    out
        The folder to write.
    settings
        Values of its ``generate_params``.
    progress
        Called with (done, of, what).
    force
        Write to a folder that is not empty, whoever wrote the files in it.

    Returns
    -------
    list of str
        One line for each task without labels, with the reason: a small Earth may have no city, and
        a task may need another source.

    Raises
    ------
    ConfigError
        The data set cannot be generated, the folder is not writable, or it holds files that were
        not generated or were changed since.
    """
    spec = cast(DatasetSpec, component.spec)
    if spec.generate is None:
        raise ConfigError(
            f"the data set {component.full_name} cannot be generated",
            hint=f"neuco data download {component.name} -o {out}"
            if spec.hub
            else "neuco list datasets",
        )
    values = {param.name: param.default for param in spec.generate_params} | dict(settings)
    function = resolve(component, spec.generate)
    if progress is not None and "progress" in signature(function).parameters:
        values["progress"] = lambda done, of: progress(done, of, "cubes")
    check_output_folder(out)
    if not force:
        check_generated_folder(out, command=COMMAND, key=component.full_name)
    with generating(out, command=COMMAND, key=component.full_name):
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
