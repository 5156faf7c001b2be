"""An evaluation with its files read and its tasks chosen and matched, ready to be scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from neucocore.data.labels.labels import Labels, label_digest
from neucocore.errors import IdError
from neucocore.evaluation.groups import RANDOM
from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.join import JoinedTasks, MatchedTask, join, rows_of
from neucocore.evaluation.load import LoadedInputs, load_inputs
from neucocore.evaluation.outcome import TaskOutcome
from neucocore.evaluation.protocols import ChosenProtocol, Progress, components_of
from neucocore.evaluation.request import EvaluateRequest
from neucocore.evaluation.tasks import TaskSelection, select_tasks
from neucocore.provenance.code import code_identity, core_code
from neucocore.provenance.keys import key_of


@dataclass(frozen=True, eq=False)
class Prepared:
    """An evaluation ready to be scored; nothing in it reads a file.

    Attributes
    ----------
    warnings
        What was noticed about the files, the tasks and their match.
    """

    request: EvaluateRequest
    inputs: LoadedInputs
    selection: TaskSelection
    joined: JoinedTasks
    warnings: tuple[str, ...]

    def for_protocol(self, chosen: ChosenProtocol) -> ProtocolInputs:
        """Return the evaluation as one protocol sees it."""
        implementation = chosen.implementation()
        keeps_order = bool(getattr(implementation, "depends_on_label_files", False))
        groups = self.inputs.groups if getattr(implementation, "uses_groups", True) else None
        task_name = getattr(implementation, "task_name", lambda task: task.key)
        tasks = []
        for matched in self.joined.tasks:
            task, digest = _as_protocol_sees(
                matched,
                groups,
                keep_order=keeps_order,
                keep_groups=getattr(implementation, "uses_groups", True),
            )
            tasks.append(replace(task, key=task_name(task), digest=digest))
        return ProtocolInputs(
            chosen=chosen,
            implementation=implementation,
            scoring=ScoringInput(
                ids=self.inputs.embeddings.ids,
                matrix=self.inputs.embeddings.matrix,
                tasks=tuple(tasks),
                labelled_ids=self.selection.labelled_ids,
                store_probe=self.request.store_probes,
                keep_curves=self.request.plots,
            ),
            notes=tuple(self._notes(chosen, implementation)),
            key_fields={
                "embeddings": self.inputs.embeddings_digest,
                "labelled": key_of(sorted(self.selection.labelled_ids)) if keeps_order else "",
                "partial": self.joined.partial,
                "written": [
                    self.request.fold_results,
                    self.request.plots,
                    self.request.store_probes,
                ],
            },
        )

    def _notes(self, chosen: ChosenProtocol, implementation: Any) -> list[str]:
        split = self.request.options.split
        if split == RANDOM or getattr(implementation, "uses_groups", True):
            return []
        return [f"{chosen.name} splits rows at random: --split {split} has no effect on it"]


@dataclass(frozen=True, eq=False)
class ProtocolInputs:
    """What one protocol scores, and what its scores depend on.

    Attributes
    ----------
    implementation
        The protocol's object, a `neucocore.evaluation.protocols.ScoringProtocol`.
    notes
        What was asked for and has no effect under this protocol.
    """

    chosen: ChosenProtocol
    implementation: Any
    scoring: ScoringInput
    notes: tuple[str, ...]
    key_fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """sha256 of everything the scores depend on."""
        tasks = self.scoring.tasks
        components = components_of(self.chosen, self.implementation, tasks)
        return key_of(
            {
                "protocol": self.chosen.identity,
                "options": self.chosen.values(),
                "scorer": code_identity(self.chosen.component),
                "engine": core_code(__name__.rpartition(".")[0]),
                "components": [code_identity(component) for component in components],
                "tasks": [[task.key, task.digest, task.metric] for task in tasks],
                **self.key_fields,
            }
        )

    def score(self, *, jobs: int = 1, progress: Progress | None = None) -> list[TaskOutcome]:
        """Score every task; the number of threads does not change a score."""
        outcomes: list[TaskOutcome] = self.implementation.score(
            self.scoring, self.chosen.values(), jobs=jobs, progress=progress
        )
        return outcomes


def prepare(request: EvaluateRequest) -> Prepared:
    """Read the files, choose the tasks and match them to the embeddings.

    Raises
    ------
    UnknownComponentError
        An unknown data set or task.
    DataError
        Files that cannot be used; labelled ids without embeddings, unless they are allowed.
    """
    inputs = load_inputs(request.options, lenient=request.lenient)
    selection = select_tasks(
        inputs.label_files,
        dataset=inputs.dataset,
        patterns=request.tasks,
        subset=request.options.subset,
    )
    check_groups(selection, inputs.groups, request.options.split)
    joined = join(request, inputs, selection)
    warnings = (*inputs.warnings, *selection.warnings, *joined.warnings)
    return Prepared(request, inputs, selection, joined, warnings)


def check_groups(selection: TaskSelection, groups: Mapping[str, str] | None, split: str) -> None:
    """Check that every labelled row has a group, where rows are split by groups.

    Raises
    ------
    IdError
        Rows without a group, of all tasks.
    """
    if groups is None:
        return
    problems = []
    for task in selection.tasks:
        missing = [sample for sample in task.ids if sample not in groups]
        if missing:
            problems.append(
                f"task {task.key}: {len(missing)} of {len(task.ids)} ids, such as "
                f"{', '.join(missing[:3])}"
            )
    if problems:
        raise IdError(
            f"--split {split}: labelled ids have no group",
            problems=problems,
            hint="give every labelled id a group, or leave these ids out with --exclude-file",
        )


def _as_protocol_sees(
    matched: MatchedTask,
    groups: Mapping[str, str] | None,
    *,
    keep_order: bool,
    keep_groups: bool,
) -> tuple[ScoringTask, str]:
    """Return a task's rows that have embeddings, and the digest of its labels.

    Where the order of the label file matters, the digest is that of all its rows in this order;
    else that of the matched rows sorted by id, with their groups.
    """
    if keep_order:
        task = matched.matched
        return (task if keep_groups else replace(task, groups=None)), _digest(matched.labelled)
    task = matched.matched
    if groups is not None:
        task = replace(task, groups=np.array([groups[sample] for sample in task.ids]))
    elif not keep_groups:
        task = replace(task, groups=None)
    by_id = sorted(range(len(task.ids)), key=task.ids.__getitem__)
    return task, _digest(rows_of(task, np.asarray(by_id, dtype=np.intp)))


def _digest(task: ScoringTask) -> str:
    return label_digest(Labels(task.ids, task.y, task.groups, task.classes, task.outputs))
