"""The whole workflow of a run file: encode, evaluate. One failure does not stop the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neucocore.components.discovery import installation
from neucocore.components.factory import create
from neucocore.components.lookup import find
from neucocore.components.parameters import check_values
from neucocore.components.specs import Kind
from neucocore.data.ids import read_excluded_ids
from neucocore.data.labels.labels import read_label_folder
from neucocore.encoding.plan import plan
from neucocore.encoding.request import EncodeRequest
from neucocore.errors import ComponentLookupError, ConfigError, DataError, NeucoError
from neucocore.evaluation.evaluate import EvaluateRequest, probe_name, protocols_of
from neucocore.evaluation.protocols import protocol
from neucocore.evaluation.tasks import read_groups, select_tasks
from neucocore.results.layout import check_name, check_output
from neucocore.workflow.run_file import EncoderEntry, RunFile

if TYPE_CHECKING:
    from neucocore.interfaces import Dataset

DEFAULT_PHASE = "results"
EMBEDDINGS = "embeddings"
SUFFIX = ".parquet"


@dataclass(frozen=True, slots=True)
class Method:
    """One method of a run: its name, and how or from where its embeddings come."""

    name: str
    embeddings: Path
    encoder: EncoderEntry | None = None


def phase_of(run: RunFile) -> str:
    """Return the phase a run file's results belong to: ``phase``, else ``where``, else results."""
    return run.phase or run.where or DEFAULT_PHASE


def methods_of(run: RunFile) -> list[Method]:
    """Return the methods of a run file in its order, with their default names.

    Raises
    ------
    ConfigError
        Two methods with one name.
    """
    methods = [*_encoded(run), *_given(run)]
    names = [method.name for method in methods]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ConfigError(
            f"several methods are named {', '.join(doubled)}",
            file=run.file,
            hint="give each encoder its own name with 'as'",
        )
    return methods


def method_name(entry: EncoderEntry) -> str:
    """Return an encoder's name with its non-default parameters, safe as a file name."""
    component = find("encoder", entry.name)
    defaults = {param.name: param.default for param in component.spec.params}
    changed = [
        f"{name}={value}"
        for name, value in sorted(entry.settings.items())
        if name not in defaults or value != defaults[name]
    ]
    text = "-".join([component.name, *changed])
    return "".join(char if char.isalnum() or char in "-_=.+" else "_" for char in text)


def _encoded(run: RunFile) -> Iterator[Method]:
    for entry in run.encoders:
        name = entry.method or method_name(entry)
        yield Method(name, run.output / EMBEDDINGS / f"{name}{SUFFIX}", entry)


def _given(run: RunFile) -> Iterator[Method]:
    for path in run.embeddings:
        yield Method(path.name.partition(".")[0], path)


def check(run: RunFile) -> None:
    """Look up every name of a run file, so that a misspelt one costs no night of encoding.

    Names that become folders and files are checked here too: they must not lead elsewhere. So are
    the tables of groups and of ids left out, which are only needed once cubes are encoded.

    Raises
    ------
    NeucoError
        The first, with all others as its problems.
    """
    _check_components(run)
    protocols_of(run.protocols, probe=run.probe, metric=run.metric)
    check_output(run.output)
    check_name(phase_of(run), "phase")
    for method in methods_of(run):
        check_name(method.name, "method")
    if run.exclude is not None:
        read_excluded_ids(run.exclude)
    select_tasks(
        read_label_folder(labels_of(run)),
        dataset=None if run.dataset is None else find("dataset", run.dataset).name,
        patterns=run.tasks,
        where=run.where,
        groups=None if run.groups is None else read_groups(run.groups),
    )


def _check_components(run: RunFile) -> None:
    problems: list[NeucoError] = []
    named: tuple[tuple[Kind, list[str]], ...] = (
        ("encoder", [entry.name for entry in run.encoders]),
        ("dataset", [run.dataset] if run.dataset else []),
        ("probe", [probe_name(run.probe)] if run.probe else []),
        ("metric", [run.metric] if run.metric else []),
    )
    for kind, names in named:
        for name in names:
            try:
                find(kind, name)
            except NeucoError as error:
                problems.append(error)
    for name in run.protocols:
        try:
            protocol(name)
        except NeucoError as error:
            problems.append(error)
    settings: list[tuple[Kind, str, Mapping[str, Any]]] = [
        ("encoder", entry.name, entry.settings) for entry in run.encoders
    ]
    if run.dataset is not None:
        settings.append(("dataset", run.dataset, run.dataset_settings))
    for kind, name, values in settings:
        try:
            check_values(values, find(kind, name).spec.params, of=name)
        except ComponentLookupError:
            continue  # said above
        except NeucoError as error:
            problems.append(error)
    if not problems:
        return
    if len(problems) == 1:
        raise problems[0]
    raise ConfigError(
        f"{len(problems)} names or parameters cannot be used",
        file=run.file,
        problems=[
            f"{error.message}: {'; '.join(error.problems)}" if error.problems else error.message
            for error in problems
        ],
        hint="neuco list; neuco info NAME",
    )


def encode_request(run: RunFile, method: Method) -> EncodeRequest:
    """Return what to encode for one method of a run file."""
    if method.encoder is None or run.dataset is None or run.data is None:
        raise ConfigError(f"{method.name} is not an encoder of a data set", file=run.file)
    ids = None
    if run.exclude is not None:
        excluded = read_excluded_ids(run.exclude)
        ids = [cube for cube in _dataset(run).ids() if cube not in excluded]
    return plan(
        method.encoder.name,
        dataset=run.dataset,
        data=run.data,
        out=method.embeddings,
        encoder_settings=method.encoder.settings,
        dataset_settings=run.dataset_settings,
        ids=ids,
        where=run.where,
        dimension=run.dimension,
        missing_chunks=run.missing_chunks,
        skip_bad=run.skip_bad,
    )


def evaluate_request(run: RunFile, method: Method) -> EvaluateRequest:
    """Return what to score for one method of a run file."""
    return EvaluateRequest(
        embeddings=method.embeddings,
        labels=labels_of(run),
        output=run.output,
        method=method.name,
        phase=phase_of(run),
        dataset=None if run.dataset is None else find("dataset", run.dataset).name,
        protocols=protocols_of(run.protocols, probe=run.probe, metric=run.metric),
        tasks=run.tasks,
        where=run.where,
        groups=run.groups,
        exclude=run.exclude,
        nan="zero" if run.nan == "zero" else "error",
        allow_missing=run.allow_missing or run.skip_bad,
        limit=run.dimension,
    )


def labels_of(run: RunFile) -> Path:
    """Return the folder of the run's label files: ``labels``, else what the data set ships."""
    if run.labels is not None:
        return run.labels
    files = list(_dataset(run).label_files())
    folders = sorted({path.parent for path in files})
    if len(folders) != 1:
        found = "no label files" if not files else f"label files in {len(folders)} folders"
        raise DataError(
            f"the data set {run.dataset} in {run.data} has {found}",
            hint="name one folder with the key labels of the run file",
        )
    return folders[0]


def _dataset(run: RunFile) -> Dataset:
    if run.dataset is None or run.data is None:
        raise ConfigError("no data set is named", file=run.file)
    component = find("dataset", run.dataset)
    values = check_values(run.dataset_settings, component.spec.params, of=component.name)
    dataset: Dataset = create(component, run.data, **values)
    return dataset


def unregistered() -> tuple[str, ...]:
    """Return the single-file plugins in use: runs made with them are marked."""
    return tuple(plugin.origin for plugin in installation().plugins if not plugin.registered)
