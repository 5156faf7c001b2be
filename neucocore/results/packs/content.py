"""What a pack holds of a run: scores and how they were made, and nothing about single samples.

Everything is copied by name. What a later version of neuco adds to ``run.json`` is not packed until
it is named here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from neucocore.components.discovery import installation
from neucocore.components.lookup import find
from neucocore.components.specs import Kind, TaskSpec
from neucocore.errors import NeucoError
from neucocore.evaluation.options import EvaluateOptions
from neucocore.evaluation.split_rule import RANDOM
from neucocore.messages import quoted
from neucocore.options import declared_options

LEFT_OUT = "influence values were left out of the pack"
"""Why a packed metric has no influence values where the run has them."""
PRIMARY_ONLY = "packs hold influence values of the primary metric only"
"""Those of several metrics together would tell more about single labels than those of one."""
NO_SCORE = "the run has no score for it"
"""In place of the reason, which may quote labels."""

_RUN = ("format", "experiment", "method", "phase", "key", "partial", "unregistered", "hidden")
_PROTOCOL = ("identity", "name", "version", "options")
_TASK = (
    "task",
    "problem",
    "metric",
    "labels",
    "label_values",
    "n",
    "d",
    "status",
    "q",
    "score",
    "std",
    "splits",
    "unit",
    "source",
    "training_noise",
    "metrics",
    "outputs",
)
_EMBEDDINGS = (
    "file",
    "in_memory",
    "sha256",
    "digest",
    "inside_splits",
    "rows",
    "dimension",
    "bytes_per_row",
)
_METADATA = (
    "model",
    "fit",
    "training_data",
    "encoder",
    "dataset",
    "reducer",
    "reduction",
    "params",
)
_PRODUCT = ("name", "version", "license", "attribution", "citation", "url")
_LABEL_FILE = ("file", "sha256", "column", "stem", "type", "rows")
_PARAMETERS = ("nan", "allow_missing", "lenient", "subset", "dimension")


def packed_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of ``run.json`` that a pack holds.

    Left out are whatever may tell about single samples or places: warnings, reasons, counts and
    details of tasks, excluded ids, maps, and the folders of file names.
    """
    embeddings = record.get("embeddings") or {}
    labels = record.get("labels") or {}
    parameters = record.get("parameters") or {}
    split = parameters.get("split") or {}
    costs = record.get("costs") or {}
    packed = {
        **_named(record, _RUN),
        "protocol": _named(record["protocol"], _PROTOCOL),
        "tasks": [_task(task) for task in record["tasks"]],
        "costs": _named(costs, ("started", "seconds", "cpu_seconds", "peak_memory_bytes", "jobs")),
        "software": record.get("software") or {},
        "machine": record.get("machine") or {},
        "embeddings": {
            **_named(embeddings, _EMBEDDINGS),
            "metadata": _named(embeddings.get("metadata") or {}, _METADATA),
            "product": _named(embeddings.get("product") or {}, _PRODUCT) or None,
        },
        "labels": {"files": [_named(file, _LABEL_FILE) for file in labels.get("files", ())]},
        "parameters": {**_named(parameters, _PARAMETERS), "split": _named(split, ("rule",))},
        "options": record.get("options") or {},
        "suite": record.get("suite"),
    }
    return {**dict(_without_folders(packed)), "command": command_of(packed["options"])}


def _named(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}


def _task(task: Mapping[str, Any]) -> dict[str, Any]:
    # The names of classes are label values; only their number is needed.
    classes = [str(number) for number in range(len(task.get("classes") or ()))]
    reason = NO_SCORE if task.get("reason") else ""
    primary, others = task["metrics"][:1], task["metrics"][1:]
    metrics = [*primary, *(without_influence(metric, PRIMARY_ONLY) for metric in others)]
    return {**_named(task, _TASK), "metrics": metrics, "classes": classes, "reason": reason}


def without_influence(metric: Mapping[str, Any], reason: str) -> Mapping[str, Any]:
    """Return a metric in ``run.json`` as one without influence values."""
    if metric["influence"] is None:
        return metric
    return {**metric, "influence": None, "no_influence_reason": reason}


def _without_folders(value: Any) -> Any:
    """Return a value in which absolute paths are file names: others have other folders."""
    if isinstance(value, Mapping):
        return {name: _without_folders(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_folders(item) for item in value]
    if isinstance(value, str):
        if PurePosixPath(value).is_absolute() or value.startswith("~"):
            return PurePosixPath(value).name
        if PureWindowsPath(value).is_absolute():
            return PureWindowsPath(value).name
    return value


def command_of(options: Mapping[str, Any]) -> str:
    """Return the command line that has recorded options, with file names instead of paths."""
    words = ["neuco", "evaluate"]
    for option in declared_options(EvaluateOptions):
        value = options.get(option.name)
        default = list(option.default) if isinstance(option.default, tuple) else option.default
        if option.name == "split":
            default = RANDOM  # as it is recorded
        if option.option.argument and isinstance(value, str):
            words.append(quoted(value))
        elif not option.option.command_line or value in (None, default):
            continue
        elif isinstance(value, bool):
            words.append(option.flags[-1])
        else:
            values = value if isinstance(value, list) else [value]
            values = [",".join(map(str, values))] if option.option.split else values
            words += [f"{option.flags[-1]} {quoted(str(one))}" for one in values]
    return " ".join(words)


def licences_of(record: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the licences of the components, label sources and product of a run.

    Only installed components are known.
    """
    found = [*_component_licences(record)]
    product = (record.get("embeddings") or {}).get("product") or {}
    if product.get("license"):
        found.append({"of": f"embeddings {product.get('name', '')}", "license": product["license"]})
    return found


def _component_licences(record: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    model = ((record.get("embeddings") or {}).get("metadata") or {}).get("model")
    encoder = model.get("id") if isinstance(model, Mapping) else None
    parts: list[tuple[Kind, str]] = [("task", str(task["task"])) for task in record["tasks"]]
    parts.append(("protocol", str(record["protocol"]["name"])))
    parts += [("encoder", encoder)] if isinstance(encoder, str) else []
    within = installation()
    for kind, name in parts:
        try:
            spec = find(kind, name, within=within).spec
        except NeucoError:
            continue
        if spec.license:
            yield {"of": f"{kind} {name}", "license": spec.license}
        if isinstance(spec, TaskSpec) and spec.source is not None:
            yield {"of": f"labels of {name}: {spec.source.name}", "license": spec.source.license}


def is_hidden(record: Mapping[str, Any]) -> bool:
    """Return whether ``run.json`` marks the run, or one of its tasks, as hidden."""
    return bool(record.get("hidden")) or any(task.get("hidden") for task in record["tasks"])
