"""An evaluation with its files read and its tasks chosen and matched, ready to be scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from neucocore.components.factory import plugin_errors
from neucocore.components.sources import CORE
from neucocore.data.coordinates import Places
from neucocore.data.labels.labels import Labels, label_digest
from neucocore.errors import ComponentOutputError
from neucocore.evaluation.copies import copies_in_task, find_copies
from neucocore.evaluation.embedding_columns import ColumnCounts, count_columns
from neucocore.evaluation.heldout.metrics import require_metric_applies
from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.join import JoinedTasks, MatchedTask, join, rows_of
from neucocore.evaluation.label_columns import coordinate_columns, find_label_columns
from neucocore.evaluation.load import LoadedInputs, load_inputs
from neucocore.evaluation.outcome import TaskOutcome
from neucocore.evaluation.partition import Partition, divide
from neucocore.evaluation.places.analysis import analyse_places
from neucocore.evaluation.places.automatic import choose_side
from neucocore.evaluation.protocols import (
    ChosenProtocol,
    Progress,
    component_name,
    components_of,
)
from neucocore.evaluation.request import EvaluateRequest
from neucocore.evaluation.row_columns import RowColumns, read_row_columns
from neucocore.evaluation.same_labels import count_note, same_labels
from neucocore.evaluation.split_rule import RANDOM
from neucocore.evaluation.suites import check_labels, require_label_files
from neucocore.evaluation.tasks import TaskSelection, select_tasks
from neucocore.evaluation.units import with_units
from neucocore.files.findings import EXAMPLES_SHOWN
from neucocore.files.npz import plain_arrays
from neucocore.provenance.code import code_identity, core_code
from neucocore.provenance.keys import key_of

MAX_NUMBERS = 4_000_000
"""Numbers of an embedding matrix up to which places are analysed without being asked for."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """An evaluation ready to be scored; nothing in it reads a file.

    Attributes
    ----------
    warnings
        What was noticed about the files, the tasks and their match.
    columns
        Columns of the scored rows that hold little information.
    row_columns
        What ``--weights`` and ``--per`` name.
    """

    request: EvaluateRequest
    inputs: LoadedInputs
    selection: TaskSelection
    joined: JoinedTasks
    warnings: tuple[str, ...]
    columns: ColumnCounts
    partition: Partition
    row_columns: RowColumns

    def for_protocol(self, chosen: ChosenProtocol) -> ProtocolInputs:
        """Return the evaluation as one protocol sees it."""
        implementation = chosen.implementation()
        keeps_order = bool(getattr(implementation, "depends_on_label_files", False))
        uses_groups = bool(getattr(implementation, "uses_groups", True))
        partition = self.partition if uses_groups else None
        task_name = getattr(implementation, "task_name", lambda task: task.key)
        tasks = []
        for matched in self.joined.tasks:
            task, digest = _as_protocol_sees(
                matched,
                partition,
                keep_order=keeps_order,
                uses_folds=bool(getattr(implementation, "uses_folds", False)),
            )
            task = self.row_columns.attach(task)
            tasks.append(replace(task, key=task_name(task), digest=digest))
        scoring = tuple(tasks)
        places = self._places(chosen, implementation)
        return ProtocolInputs(
            chosen=chosen,
            implementation=implementation,
            places=places,
            split=str(self.partition.split) if uses_groups else RANDOM,
            scoring=ScoringInput(
                ids=self.inputs.embeddings.ids,
                matrix=self.inputs.embeddings.matrix,
                tasks=scoring,
                labelled_ids=self.selection.labelled_ids,
                store_probe=self.request.store_probes,
                keep_curves=self.request.plots,
                interval=self.request.options.interval,
                reduction=self.request.reduction,
                training_rows=self.request.training_rows,
            ),
            notes=tuple(self._notes(chosen, implementation, scoring)),
            counts=[self._counts(matched) for matched in self.joined.tasks],
            key_fields={
                "embeddings": self.inputs.embeddings_digest,
                "labelled": key_of(sorted(self.selection.labelled_ids)) if keeps_order else "",
                "partial": self.joined.partial,
                "written": [self.request.fold_results, self.request.store_probes],
                "interval": self.request.options.interval,
                **({} if places is None else {"places": key_of([*sorted(places.of_id.items())])}),
                **self.row_columns.key_fields(),
                **self.request.inside_splits,
                **_units(tasks),
                # An equal run that is not marked as hidden could be packed.
                **({"hidden": True} if self.request.options.hidden else {}),
                # An equal run that was made ad hoc does not record the suite.
                **({} if self.request.suite is None else {"suite": self.request.suite.name}),
            },
        )

    def _places(self, chosen: ChosenProtocol, implementation: Any) -> Places | None:
        """Return the places if scores are compared with them under this protocol."""
        places, mode = self.inputs.places, self.request.options.places
        if places is None or places.problem or mode == "off" or self.request.inside_splits:
            return None
        if not hasattr(implementation, "split_identity"):
            return None
        folds = self.partition.folds
        if folds is not None and folds.is_fixed:
            return None
        embeddings = self.inputs.embeddings
        small = embeddings.matrix.size <= MAX_NUMBERS and chosen.values().get("probe") is None
        return places if mode == "on" or small else None

    def _notes(
        self, chosen: ChosenProtocol, implementation: Any, tasks: Sequence[ScoringTask]
    ) -> list[str]:
        notes = [count_note(names) for names in same_labels(tasks)]
        split = self.partition.split
        uses_groups = getattr(implementation, "uses_groups", True)
        uses_folds = getattr(implementation, "uses_folds", False)
        if not uses_groups and (self.partition.groups or self.partition.folds):
            notes.append(
                f"{chosen.name} splits rows at random: --split {split} has no effect on it"
            )
        elif self.partition.folds is not None and not uses_folds:
            notes.append(f"{chosen.name} makes its own folds: --split {split} has no effect on it")
        if not getattr(implementation, "reports_details", False):
            notes += [
                f"{chosen.name} reports no predictions: --{name} {value} has no effect on it"
                for name in ("weights", "per")
                if (value := getattr(self.request.options, name))
            ]
        return notes

    def _counts(self, matched: MatchedTask) -> dict[str, Any]:
        """Return how many rows of a task are not scored, and how many columns say little."""
        return {
            **self.selection.counts.get(matched.labelled.key, {}),
            **matched.counts(),
            "columns_constant": self.columns.constant,
            "columns_nearly_constant": self.columns.nearly_constant,
        }


@dataclass(frozen=True, eq=False)
class ProtocolInputs:
    """What one protocol scores, and what its scores depend on.

    Attributes
    ----------
    implementation
        The protocol's object, a `neucocore.evaluation.protocols.ScoringProtocol`.
    notes
        What was asked for and has no effect under this protocol, and tasks with the same labels.
    counts
        For each task, plain JSON values: rows and columns that contribute nothing.
    places
        Coordinates that the scores are compared with, or None.
    split
        How rows are split.
    """

    chosen: ChosenProtocol
    implementation: Any
    scoring: ScoringInput
    notes: tuple[str, ...]
    counts: Sequence[Mapping[str, Any]] = ()
    places: Places | None = None
    split: str = RANDOM
    key_fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def uses_groups(self) -> bool:
        """Whether the protocol keeps rows of one group together."""
        return bool(getattr(self.implementation, "uses_groups", True))

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
                "tasks": [
                    [task.key, task.digest, task.metric, *_sd_digest(task)] for task in tasks
                ],
                **self.key_fields,
            }
        )

    def score(self, *, jobs: int = 1, progress: Progress | None = None) -> list[TaskOutcome]:
        """Score every task; the number of threads does not change a score.

        What may mislead about the embeddings of a task is added to its warnings and counts: copies
        of rows, and columns that are a label.
        """
        values = self.chosen.values()
        if (metric := component_name(values.get("metric"))) is not None:
            require_metric_applies(self.scoring.tasks, metric)
        checks = self._check_tasks()
        with plugin_errors(self.chosen.component):
            outcomes: list[TaskOutcome] = self.implementation.score(
                self.scoring, values, jobs=jobs, progress=progress
            )
        self._check_outcomes(outcomes)
        if self.places is not None:
            outcomes = self._with_places(self.places, outcomes, jobs)
        return [_with_checks(outcome, *checks[outcome.task.key]) for outcome in outcomes]

    def _check_outcomes(self, outcomes: Any) -> None:
        """Check that the protocol returned the outcome of every task, with arrays to be stored."""
        is_list = isinstance(outcomes, list | tuple)
        found = [o.task.key for o in outcomes if isinstance(o, TaskOutcome)] if is_list else []
        expected = [task.key for task in self.scoring.tasks]
        if not is_list or len(found) < len(outcomes) or sorted(found) != sorted(expected):
            raise ComponentOutputError(
                f"the protocol {self.chosen.component.full_name} returned "
                f"{type(outcomes).__name__} with the outcomes of {len(found)} tasks; expected a "
                f"list with one TaskOutcome for each of the {len(expected)} tasks",
                hint=f"neuco plugins check {self.chosen.component.plugin}",
            )

        for outcome in outcomes:
            try:
                plain_arrays(outcome.predictions)
                plain_arrays({} if outcome.probe is None else outcome.probe.arrays)
            except ValueError as error:
                raise ComponentOutputError(
                    f"the protocol {self.chosen.component.full_name} returned arrays for the task "
                    f"{outcome.task.key} that cannot be stored: {error}",
                    hint=f"neuco plugins check {self.chosen.component.plugin}",
                ) from None

    def _with_places(
        self, places: Places, outcomes: Sequence[TaskOutcome], jobs: int
    ) -> list[TaskOutcome]:
        """Add the scores of blocks and of the place alone to the outcomes."""
        values = self.chosen.values()
        found = analyse_places(
            self.scoring,
            outcomes,
            places,
            lambda scoring: self.implementation.score(scoring, values, jobs=jobs),
            folds=values["folds"],
            identity=self.implementation.split_identity,
            split=self.split,
        )
        return [replace(outcome, places=found.get(outcome.task.key)) for outcome in outcomes]

    def _check_tasks(self) -> dict[str, tuple[list[str], dict[str, Any]]]:
        """Return warnings and counts of each task by its key."""
        tasks = self.scoring.tasks
        row_of_id = {sample: row for row, sample in enumerate(self.scoring.ids)}
        labelled = {sample for task in tasks for sample in task.ids}
        ids = [sample for sample in self.scoring.ids if sample in labelled]
        copies = find_copies(ids, self.scoring.matrix[[row_of_id[sample] for sample in ids]])
        label_columns = find_label_columns(tasks, self.scoring.matrix, row_of_id)
        checks = {}
        for index, task in enumerate(tasks):
            copied = copies_in_task(copies, task)
            columns = [column for column in label_columns if column.task == index]
            warnings = [copied.warning(len(task.ids))] if copied.rows else []
            warnings += map(str, columns[:EXAMPLES_SHOWN])
            if len(columns) > EXAMPLES_SHOWN:
                warnings.append(f"{len(columns)} dimensions correlate with a label in this way")
            counts = {
                **(self.counts[index] if self.counts else {}),
                **copied.counts(),
                "columns_like_a_label": sorted({column.dimension for column in columns}),
            }
            checks[task.key] = warnings, counts
        return checks


def _with_checks(
    outcome: TaskOutcome, warnings: Sequence[str], counts: Mapping[str, Any]
) -> TaskOutcome:
    return replace(
        outcome,
        warnings=(*outcome.warnings, *warnings),
        counts={**counts, **outcome.counts},
    )


def prepare(request: EvaluateRequest) -> Prepared:
    """Read the files, choose the tasks and match them to the embeddings.

    Raises
    ------
    UnknownComponentError
        An unknown data set or task.
    DataError
        Files that cannot be used; labelled ids without embeddings, unless they are allowed;
        labels, ids or groups that are not those of the suite.
    """
    inputs = load_inputs(request)
    suite, labels = request.suite, request.options.labels
    if suite is not None:
        require_label_files(suite, inputs.label_files, labels)
    selection = select_tasks(
        inputs.label_files,
        dataset=inputs.dataset,
        patterns=request.tasks,
        subset=request.options.subset,
        suite_plugin=None if suite is None else suite.component.plugin,
        label_tasks=request.options.label_task,
    )
    units = with_units(selection.tasks, request.options.unit, inputs.label_files)
    selection = replace(selection, tasks=units)
    if suite is not None:
        check_labels(suite, selection.tasks, inputs.groups, labels)
    joined = join(request, inputs, selection)
    km, how = _block_side(request, inputs, joined)
    partition = divide(request, inputs, joined, km)
    columns = _scored_columns(inputs, joined)
    row_columns = read_row_columns(
        request.options.weights,
        request.options.per,
        inputs.label_files,
        inputs.embeddings,
        [task.matched.ids for task in joined.tasks],
    )
    warnings = (
        *(() if suite is None else suite.warnings()),
        *inputs.warnings,
        *selection.warnings,
        *joined.warnings,
        *how,
        *partition.warnings,
        *columns.warnings(),
        *_coordinates_among_columns(inputs),
        *row_columns.warnings,
    )
    return Prepared(request, inputs, selection, joined, warnings, columns, partition, row_columns)


def _block_side(
    request: EvaluateRequest, inputs: LoadedInputs, joined: JoinedTasks
) -> tuple[float | None, list[str]]:
    """Return the side of blocks that ``--split blocks`` leaves open, and how it was chosen."""
    if inputs.split.rule != "blocks" or inputs.split.km is not None:
        return None, []
    tasks = [task.matched for task in joined.tasks]
    embeddings = inputs.embeddings
    km, text = choose_side(
        tasks, embeddings.ids, embeddings.matrix, inputs.places, jobs=request.options.jobs
    )
    return km, [text]


def _coordinates_among_columns(inputs: LoadedInputs) -> list[str]:
    """Warn about dimensions that are a coordinate of the rows."""
    places = inputs.places
    if places is None or places.problem:
        return []
    ids = inputs.embeddings.ids
    rows = np.array([row for row, sample in enumerate(ids) if sample in places.of_id], np.intp)
    lon, lat = places.of([ids[row] for row in rows])
    values = {"longitude": lon, "latitude": lat}
    return coordinate_columns(values, inputs.embeddings.matrix, rows)[:EXAMPLES_SHOWN]


def _scored_columns(inputs: LoadedInputs, joined: JoinedTasks) -> ColumnCounts:
    scored = {sample for task in joined.tasks for sample in task.matched.ids}
    embeddings = inputs.embeddings
    rows = [row for row, sample in enumerate(embeddings.ids) if sample in scored]
    complete = len(rows) == len(embeddings.ids)
    return count_columns(embeddings.matrix if complete else embeddings.matrix[rows])


def _as_protocol_sees(
    matched: MatchedTask,
    partition: Partition | None,
    *,
    keep_order: bool,
    uses_folds: bool,
) -> tuple[ScoringTask, str]:
    """Return a task's rows that have embeddings, and the digest of its labels.

    Where the order of the label file matters, the digest is that of all its rows in this order;
    else that of the matched rows sorted by id, with their groups and folds.

    Parameters
    ----------
    partition
        Groups and folds; None if the protocol takes neither.
    """
    task = matched.matched
    if partition is None:
        task = replace(task, groups=None)
    if keep_order:
        return task, _digest(matched.labelled)
    if partition is not None and (groups := partition.groups) is not None:
        task = replace(task, groups=np.array([groups.of_id[sample] for sample in task.ids]))
    if partition is not None and uses_folds and partition.folds is not None:
        task = replace(task, folds=partition.folds.of(task.ids))
    by_id = sorted(range(len(task.ids)), key=task.ids.__getitem__)
    return task, _digest(rows_of(task, np.asarray(by_id, dtype=np.intp)))


def _units(tasks: Sequence[ScoringTask]) -> dict[str, Any]:
    """Return the units of tasks that no plugin provides; they are recorded with the scores."""
    units = [[task.key, task.unit] for task in tasks if task.unit and task.plugin == CORE]
    return {"units": units} if units else {}


def _sd_digest(task: ScoringTask) -> list[str]:
    """Return the digest of the labels' standard deviations, sorted by id; none without them."""
    if task.label_sd is None:
        return []
    order = sorted(range(len(task.ids)), key=task.ids.__getitem__)
    return [label_digest(Labels(tuple(task.ids[row] for row in order), task.label_sd[order]))]


def _digest(task: ScoringTask) -> str:
    groups = task.groups
    if task.folds is not None:  # scores of other folds are not compared
        names = [""] * len(task.ids) if groups is None else groups.tolist()
        folds = task.folds.tolist()
        groups = np.array([f"{name}, fold {fold}" for name, fold in zip(names, folds, strict=True)])
    return label_digest(Labels(task.ids, task.y, groups, task.classes, task.outputs))
