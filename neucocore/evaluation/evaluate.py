"""One embeddings file, the tasks of a label folder, and protocols: to a run folder each."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from neucocore.components.discovery import Component
from neucocore.components.lookup import dataset_named, find
from neucocore.components.parameters import check_values
from neucocore.components.specs import ProbeSpec
from neucocore.data.embeddings.embeddings import Embeddings, load_embeddings
from neucocore.data.embeddings.sidecar import read_sidecar
from neucocore.data.ids import read_excluded_ids
from neucocore.data.labels.coverage import covering_subset
from neucocore.data.labels.labels import read_label_folder
from neucocore.errors import ConfigError, IdError
from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.outcome import TaskOutcome
from neucocore.evaluation.protocols import DEFAULT_PROTOCOL, Protocol, protocol
from neucocore.evaluation.tasks import TaskSelection, digest_of, read_groups, select_tasks
from neucocore.files.findings import messages
from neucocore.provenance.code import code_identity, core_code
from neucocore.provenance.keys import key_of

Progress = Callable[[str, int, int], None]
"""Called with (task, finished splits, splits)."""


@dataclass(frozen=True, slots=True)
class Switches:
    """What is written beside the scores; none of it moves a digit of ``robust``."""

    fold_results: bool = True
    plots: bool = False
    store_probes: bool = False


@dataclass(frozen=True, slots=True)
class EvaluateRequest:
    """Everything an evaluation is asked to do.

    Attributes
    ----------
    dataset
        Name of the data set the embeddings are of; None takes it from the embeddings' metadata.
    lenient
        NeuCo-Bench's own reading: cells that are no numbers count 0, ids are intersected.
    limit
        The most dimensions allowed.
    """

    embeddings: Path
    labels: Path
    output: Path
    method: str
    phase: str = "results"
    dataset: str | None = None
    protocols: tuple[Protocol, ...] = (protocol(DEFAULT_PROTOCOL),)
    tasks: tuple[str, ...] = ()
    where: str | None = None
    groups: str | None = None
    exclude: Path | None = None
    nan: Literal["error", "zero"] = "error"
    allow_missing: bool = False
    lenient: bool = False
    limit: int | None = None
    switches: Switches = field(default_factory=Switches)
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Prepared:
    """An evaluation with its input read and checked, ready to be scored.

    Attributes
    ----------
    partial
        Labelled ids without an embedding were allowed: the run is not ranked.
    """

    request: EvaluateRequest
    embeddings: Embeddings
    selection: TaskSelection
    warnings: tuple[str, ...]
    partial: bool

    def given(self, chosen: Protocol) -> ScoringInput:
        """Return what a protocol scores."""
        selection = self.selection.by_stem() if chosen.by_stem else self.selection.by_id()
        switches = self.request.switches
        return ScoringInput(
            ids=self.embeddings.ids,
            matrix=self.embeddings.matrix,
            tasks=selection.tasks,
            labelled_ids=self.selection.labelled_ids,
            store_probe=switches.store_probes,
            keep_curves=switches.plots,
        )

    def ignored(self, chosen: Protocol) -> list[str]:
        """Return what was asked for and has no effect under a protocol."""
        if self.request.groups is None or not chosen.by_stem:
            return []
        return [f"{chosen.name} splits at random: --groups has no effect on it"]

    def key(self, chosen: Protocol) -> str:
        """Return the key of a run: everything its scores depend on."""
        given = self.given(chosen)
        return key_of(
            {
                "protocol": chosen.identity,
                "options": chosen.values(),
                "scorer": core_code(__name__.rpartition(".")[0]),
                "components": [code_identity(c) for c in components_of(chosen, given.tasks)],
                "embeddings": _digest(self.embeddings),
                "tasks": [[task.key, task.digest, task.metric] for task in given.tasks],
                "labelled": key_of(sorted(given.labelled_ids)) if chosen.by_stem else "",
                "partial": self.partial,
                "switches": [getattr(self.request.switches, name) for name in Switches.__slots__],
            }
        )


def prepare(request: EvaluateRequest) -> Prepared:
    """Read and check the embeddings and the labels.

    Raises
    ------
    UnknownComponentError
        A data set that nobody knows: its tasks would silently be others.
    DataError
        Files that cannot be used; labelled ids without embeddings (unless allowed).
    """
    dataset = None if request.dataset is None else dataset_named(request.dataset)
    embeddings = load_embeddings(
        request.embeddings, lenient=request.lenient, nan=request.nan, limit=request.limit
    )
    warnings = messages(embeddings.findings, "warning", "repaired")
    if request.exclude is not None:
        embeddings, left_out = _excluding(embeddings, request.exclude)
        warnings.append(f"{left_out} embeddings left out, named in {request.exclude}")
    selection = select_tasks(
        read_label_folder(request.labels),
        dataset=dataset or dataset_said_by(embeddings, request.embeddings),
        patterns=request.tasks,
        where=request.where,
        groups=None if request.groups is None else read_groups(request.groups),
    )
    warnings += selection.warnings
    selection, missing = _with_embeddings(request, embeddings, selection)
    if missing:
        warnings.append(missing)
    extra = len(set(embeddings.ids) - selection.labelled_ids)
    if extra:
        warnings.append(f"{extra} of {len(embeddings.ids)} embeddings have no label in any task")
    partial = bool(missing) and not request.lenient
    return Prepared(request, embeddings, selection, tuple(warnings), partial)


def score(
    prepared: Prepared, chosen: Protocol, *, jobs: int = 1, progress: Progress | None = None
) -> list[TaskOutcome]:
    """Score prepared input under one protocol."""
    module, _, name = chosen.scorer.partition(":")
    scorer = getattr(importlib.import_module(module), name)
    outcomes: list[TaskOutcome] = scorer(
        prepared.given(chosen), chosen.values(), jobs=jobs, progress=progress
    )
    return outcomes


def dataset_said_by(embeddings: Embeddings, file: Path) -> str | None:
    """Return the data set embeddings say they are of, in the file or in its sidecar."""
    said: Any = embeddings.metadata.get("dataset")
    if said is None:
        said = (read_sidecar(file) or {}).get("what", {}).get("dataset")
    component = said.get("component", "") if isinstance(said, dict) else ""
    return component.rpartition("/")[2] or None


def components_of(chosen: Protocol, tasks: Sequence[ScoringTask]) -> list[Component]:
    """Return the plugin components whose code a protocol's scores depend on."""
    if chosen.by_stem:
        return []
    names = {("metric", name) for task in tasks for name in (task.metric, *task.secondary_metrics)}
    for kind in ("probe", "metric"):
        if named := chosen.values().get(kind):
            names.add((kind, probe_name(named)))
    return [find(kind, name) for kind, name in sorted(names)]  # type: ignore[arg-type]


def probe_name(chosen: str | Mapping[str, Any]) -> str:
    """Return the name in a choice of a probe: a name, or a mapping of name and parameters."""
    return chosen if isinstance(chosen, str) else str(chosen["name"])


def protocols_of(
    names: Sequence[str],
    *,
    probe: str | Mapping[str, Any] | None = None,
    metric: str | None = None,
) -> tuple[Protocol, ...]:
    """Look protocols up and set a freely chosen probe and metric, which change their digest.

    A probe may come as a mapping of ``name`` and parameters; those that differ from their defaults
    are part of the digest.
    """
    chosen = []
    for name in names or (DEFAULT_PROTOCOL,):
        found = protocol(name)
        options: dict[str, Any] = {}
        for kind, value in (("probe", probe), ("metric", metric)):
            if value is None:
                continue
            if kind not in found.defaults:
                raise ConfigError(
                    f"protocol {found.name} has its own {kind}: --{kind} {probe_name(value)} "
                    "cannot be used",
                    hint=f"--protocol robust --{kind} {probe_name(value)}",
                )
            options[kind] = _component_option(kind, value)
        chosen.append(found.with_options(options) if options else found)
    return tuple(chosen)


def _component_option(kind: Any, value: str | Mapping[str, Any]) -> str | dict[str, Any]:
    """Return the full name, with the parameters that are set away from their defaults."""
    component = find(kind, probe_name(value))
    if isinstance(value, str):
        return component.full_name
    spec = cast(ProbeSpec, component.spec)
    given = {name: item for name, item in value.items() if name != "name"}
    checked = check_values(given, spec.params, of=component.full_name)
    defaults = {param.name: param.default for param in spec.params}
    changed = {name: item for name, item in sorted(checked.items()) if item != defaults[name]}
    return {"name": component.full_name, **changed} if changed else component.full_name


def _digest(embeddings: Embeddings) -> str:
    digest = hashlib.sha256("\n".join(embeddings.ids).encode())
    digest.update(np.ascontiguousarray(embeddings.matrix, dtype="<f4").tobytes())
    return digest.hexdigest()


def _excluding(embeddings: Embeddings, file: Path) -> tuple[Embeddings, int]:
    excluded = read_excluded_ids(file)
    rows = [row for row, cube in enumerate(embeddings.ids) if cube not in excluded]
    kept = replace(
        embeddings,
        ids=tuple(embeddings.ids[row] for row in rows),
        matrix=embeddings.matrix[rows],
    )
    return kept, len(embeddings.ids) - len(rows)


def _with_embeddings(
    request: EvaluateRequest, embeddings: Embeddings, selection: TaskSelection
) -> tuple[TaskSelection, str]:
    """Keep the labels that have embeddings; say what is missing, or refuse."""
    there = set(embeddings.ids)
    excluded = frozenset() if request.exclude is None else read_excluded_ids(request.exclude)
    tasks = []
    lacking: dict[str, list[str]] = {}
    for whole in selection.tasks:
        task = _without(whole, excluded)
        rows = [row for row, cube in enumerate(task.ids) if cube in there]
        absent = [cube for cube in task.ids if cube not in there]
        if absent:
            lacking[task.key] = absent
        if rows:
            tasks.append(_rows_of(task, rows) if len(rows) < len(task.ids) else task)
    if lacking and not (request.allow_missing or request.lenient):
        raise _missing(request, selection, lacking, there)
    if not tasks:
        raise IdError(
            f"no labelled id of {request.labels} is among the {len(there)} embeddings",
            hint=f"neuco validate {request.embeddings} --labels {request.labels}",
        )
    absent_ids = {cube for ids in lacking.values() for cube in ids}
    said = f"{len(absent_ids)} labelled ids have no embedding; their labels are left out"
    return replace(selection, tasks=tuple(tasks)), said if lacking else ""


def _without(task: ScoringTask, excluded: Set[str]) -> ScoringTask:
    """Leave labels out; what is left is another set of labels, with another digest."""
    rows = [row for row, cube in enumerate(task.ids) if cube not in excluded]
    if len(rows) == len(task.ids):
        return task
    kept = _rows_of(task, rows)
    return replace(kept, digest=digest_of(kept))


def _rows_of(task: ScoringTask, rows: Sequence[int]) -> ScoringTask:
    index: NDArray[np.intp] = np.asarray(rows, dtype=np.intp)
    return replace(
        task,
        ids=tuple(task.ids[row] for row in rows),
        y=task.y[index],
        groups=None if task.groups is None else task.groups[index],
    )


def _missing(
    request: EvaluateRequest,
    selection: TaskSelection,
    lacking: Mapping[str, list[str]],
    there: set[str],
) -> IdError:
    absent = sorted({cube for ids in lacking.values() for cube in ids})
    problems = [
        f"task {key}: {len(ids)} ids, such as {', '.join(ids[:3])}"
        for key, ids in sorted(lacking.items())
    ]
    hint = "--allow-missing scores what is there, as a partial, unranked run"
    if request.where is None and (
        column := covering_subset(read_label_folder(request.labels), there)
    ):
        hint = f"--subset {column} (all its ids have an embedding), or {hint}"
    return IdError(
        f"{len(absent)} of {len(selection.labelled_ids)} labelled ids have no embedding in "
        f"{request.embeddings}",
        problems=problems,
        hint=hint,
    )
