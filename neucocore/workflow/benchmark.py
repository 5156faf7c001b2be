"""The workflow of a run file: encode, then evaluate. One failure does not stop the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neucocore.components.factory import create
from neucocore.components.lookup import find
from neucocore.components.parameters import check_values
from neucocore.components.specs import Kind
from neucocore.data.ids import read_excluded_ids
from neucocore.encoding.options import EncodeOptions
from neucocore.errors import ComponentLookupError, ConfigError, DataError, NeucoError
from neucocore.evaluation.groups import read_groups
from neucocore.evaluation.load import load_labels
from neucocore.evaluation.options import EvaluateOptions
from neucocore.evaluation.protocols import component_name
from neucocore.evaluation.request import DEFAULT_PHASE, evaluate_request, method_name
from neucocore.evaluation.split_rule import parse_split
from neucocore.evaluation.suites import check_labels, require_label_files
from neucocore.evaluation.tasks import select_tasks
from neucocore.results.layout import check_name, check_output
from neucocore.workflow.run_file import EncoderEntry, RunFile

if TYPE_CHECKING:
    from neucocore.interfaces import Dataset

EMBEDDINGS = "embeddings"
SUFFIX = ".parquet"


@dataclass(frozen=True, slots=True)
class Method:
    """One method of a run: its name, and how or from where its embeddings come."""

    name: str
    embeddings: Path
    encoder: EncoderEntry | None = None


def phase_of(run: RunFile) -> str:
    """Return the phase of a run file's results: ``phase``, else ``subset``, else ``results``."""
    subset = str(run.evaluate.get("subset") or "").replace("=", "-")
    return str(run.evaluate.get("phase") or subset or DEFAULT_PHASE)


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


def encoder_method_name(entry: EncoderEntry) -> str:
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
        name = entry.method or encoder_method_name(entry)
        yield Method(name, run.output / EMBEDDINGS / f"{name}{SUFFIX}", entry)


def _given(run: RunFile) -> Iterator[Method]:
    for path in run.embeddings:
        yield Method(method_name(path), path)


def check(run: RunFile) -> None:
    """Look up every name of a run file, so that a misspelt name fails before encoding.

    Names that become folders and files must not point outside the output folder. The tables of
    groups and of ids to leave out are read too, although they are needed only after encoding.

    Raises
    ------
    NeucoError
        The first problem, with all others as its problems.
    """
    _check_components(run)
    options = evaluate_options(run, Method("", Path()))
    request = evaluate_request(options)
    options = request.options  # with what a suite fixes
    check_output(run.output)
    check_name(request.phase, "phase")
    for method in methods_of(run):
        check_name(method.name, "method")
    if options.exclude_file is not None:
        read_excluded_ids(Path(options.exclude_file))
    label_files, _, _ = load_labels(request, options.dataset)
    split = parse_split(options.split)
    groups = None
    if split.file is not None or not run.embeddings:  # else it may be a column of the embeddings
        groups = read_groups(split, label_files)
    if request.suite is not None:
        require_label_files(request.suite, label_files, options.labels)
    selection = select_tasks(
        label_files,
        dataset=options.dataset,
        patterns=request.tasks,
        subset=options.subset,
        suite_plugin=None if request.suite is None else request.suite.component.plugin,
        label_tasks=options.label_task,
    )
    if request.suite is not None:
        check_labels(request.suite, selection.tasks, groups, options.labels)


def _check_components(run: RunFile) -> None:
    problems: list[NeucoError] = []
    probe = component_name(run.evaluate.get("probe"))
    named: list[tuple[Kind, str]] = [("encoder", entry.name) for entry in run.encoders]
    named += [("dataset", run.dataset)] if run.dataset else []
    named += [("probe", probe)] if probe else []
    named += [("metric", run.evaluate["metric"])] if "metric" in run.evaluate else []
    named += [("protocol", name) for name in run.evaluate.get("protocol", ())]
    for kind, name in named:
        try:
            find(kind, name)
        except NeucoError as error:
            problems.append(error)
    settings: list[tuple[Kind, str, Mapping[str, Any]]] = [
        ("encoder", entry.name, entry.settings) for entry in run.encoders
    ]
    if run.dataset is not None:
        settings.append(("dataset", run.dataset, run.dataset_params))
    for kind, name, values in settings:
        try:
            check_values(values, find(kind, name).spec.params, of=name)
        except ComponentLookupError:
            continue  # reported above
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
        hint="neuco list shows what is installed, neuco info NAME its parameters",
    )


def encode_options(run: RunFile, method: Method) -> EncodeOptions:
    """Return what to encode for one method of a run file."""
    if method.encoder is None or run.dataset is None or run.data is None:
        raise ConfigError(
            f"{method.name} cannot be encoded: the run file names no encoder or no data set for it",
            file=run.file,
            hint="list it under embeddings, or name a dataset",
        )
    options: dict[str, Any] = dict(run.encode)
    if "exclude_file" in run.evaluate and "ids" not in options:
        excluded = read_excluded_ids(Path(run.evaluate["exclude_file"]))
        options["ids"] = [sample for sample in _dataset(run).ids() if sample not in excluded]
    return EncodeOptions(
        encoder=method.encoder.name,
        dataset=run.dataset,
        data=run.data,
        output=method.embeddings,
        params=method.encoder.settings,
        dataset_params=run.dataset_params,
        **options,
    )


def evaluate_options(run: RunFile, method: Method) -> EvaluateOptions:
    """Return what to score for one method of a run file."""
    options: dict[str, Any] = dict(run.evaluate)
    options["allow_missing"] = options.get("allow_missing", False) or run.encode.get(
        "skip_bad", False
    )
    options["phase"] = phase_of(run)
    return EvaluateOptions(
        method.embeddings,
        labels=labels_of(run),
        output=run.output,
        method=method.name,
        dataset=None if run.dataset is None else find("dataset", run.dataset).name,
        **options,
    )


def labels_of(run: RunFile) -> Path:
    """Return the folder of the run's label files: ``labels``, else that of the data set."""
    if run.labels is not None:
        return run.labels
    files = list(_dataset(run).label_files())
    folders = sorted({path.parent for path in files})
    if len(folders) != 1:
        available = "no label files" if not files else f"label files in {len(folders)} folders"
        raise DataError(
            f"the data set {run.dataset} in {run.data} has {available}",
            hint="name one folder with the key labels of the run file",
        )
    return folders[0]


def _dataset(run: RunFile) -> Dataset:
    if run.dataset is None or run.data is None:
        raise ConfigError(
            "the run file names no data set", file=run.file, hint="dataset: {name: NAME, path: DIR}"
        )
    component = find("dataset", run.dataset)
    values = check_values(run.dataset_params, component.spec.params, of=component.name)
    dataset: Dataset = create(component, run.data, **values)
    return dataset
