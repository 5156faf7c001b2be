"""Checks of scoring protocols: repeatable scores for every task, and a direction to rank by."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.components.factory import create
from neucocore.data.labels.labels import Labels
from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.outcome import TaskOutcome
from neucocore.evaluation.protocols import ScoringProtocol
from neucocore.testing.declarations import ComponentContext
from neucocore.testing.randomness import seeded_globally
from neucocore.testing.records import Skip, check, require
from neucocore.testing.side_effects import SideEffect, require_no_side_effects, watching

ROWS, DIMENSION = 80, 128
SCORED = ("protocol-scores",)


@dataclass(frozen=True)
class SecondRun:
    """Scores, side effects of scoring, and the calls of ``progress``."""

    outcomes: list[TaskOutcome]
    side_effects: list[SideEffect]
    progress_calls: list[tuple[Any, ...]]


class ProtocolContext(ComponentContext):
    """A protocol, and embeddings to score on two small tasks."""

    @property
    def options(self) -> dict[str, Any]:
        """The declared options at their defaults, by name."""
        return {param.name: param.default for param in self.spec.params}

    @cached_property
    def protocol(self) -> ScoringProtocol:
        """The protocol."""
        protocol: ScoringProtocol = create(self.component)
        return protocol

    def new_inputs(self, *, informative: bool = True) -> ScoringInput:
        """Generate embeddings and tasks, equal ones in every call.

        One task is a regression whose metric is better when it is smaller, the other is binary.
        Informative embeddings contain the labels; others are random.
        """
        rng = np.random.default_rng(17)
        ids = tuple(f"cube-{number:03d}" for number in range(ROWS))
        signals, noise = rng.normal(size=(ROWS, 2)), rng.normal(size=(ROWS, DIMENSION))
        # Many columns, and values most of which are small, so that a probe learns in a few steps.
        features = np.repeat(signals, DIMENSION // 2, axis=1) + 0.1 * noise
        values = np.exp(signals[:, 0])
        classes = np.asarray(signals[:, 1] > 0, dtype=np.int64)
        return ScoringInput(
            ids=ids,
            matrix=(features if informative else noise).astype(np.float32),
            tasks=(
                _task("values", Labels(ids, values), "regression", "rmse"),
                _task("classes", Labels(ids, classes, classes=("no", "yes")), "binary", "accuracy"),
            ),
            labelled_ids=frozenset(ids),
        )

    @cached_property
    def inputs(self) -> ScoringInput:
        """The inputs that most checks use."""
        return self.new_inputs()

    @cached_property
    def outcomes(self) -> list[TaskOutcome]:
        """The scores of informative embeddings."""
        with seeded_globally(3):
            return self.protocol.score(self.inputs, self.options)

    @cached_property
    def random_outcomes(self) -> list[TaskOutcome]:
        """The scores of random embeddings."""
        return self.protocol.score(self.new_inputs(informative=False), self.options)

    @cached_property
    def second_run(self) -> SecondRun:
        """The scores of a second object, with two jobs and another global random seed."""
        protocol: ScoringProtocol = create(self.component)
        calls: list[tuple[Any, ...]] = []
        with seeded_globally(4), watching() as effects:
            outcomes = protocol.score(
                self.inputs, self.options, jobs=2, progress=lambda *call: calls.append(call)
            )
        return SecondRun(outcomes, effects, calls)


def _task(key: str, labels: Labels, problem: Any, metric: str) -> ScoringTask:
    y: NDArray[Any] = np.asarray(labels.y)
    return ScoringTask(
        key=key,
        stem=key,
        problem=problem,
        ids=tuple(labels.ids),
        y=y,
        metric=metric,
        classes=tuple(labels.classes),
    )


@check("protocol-created", "protocol")
def protocol_created(context: ProtocolContext) -> None:
    """It can be created without arguments and has score()."""
    require(callable(getattr(context.protocol, "score", None)), "it has no score()")


@check("protocol-options", "protocol")
def protocol_options(context: ProtocolContext) -> None:
    """Its check_options() accepts the declared defaults and returns every option."""
    check_options = getattr(context.protocol, "check_options", None)
    if check_options is None:
        raise Skip("it has no check_options()")
    returned = set(check_options(context.options))
    require(
        returned == set(context.options),
        f"check_options() returned {sorted(returned)}; the spec declares {sorted(context.options)}",
    )


@check("protocol-scores", "protocol")
def protocol_scores(context: ProtocolContext) -> None:
    """With its default options, it returns one outcome per task, with a score or a reason."""
    outcomes = context.outcomes
    expected = sorted(task.key for task in context.inputs.tasks)
    for outcome in outcomes:
        require(
            isinstance(outcome, TaskOutcome),
            f"score() returned {type(outcome).__name__}, not TaskOutcome",
        )
    stems = sorted(outcome.task.stem for outcome in outcomes)
    require(stems == expected, f"score() returned outcomes of {stems}; expected {expected}")
    for outcome in outcomes:
        where = f"task {outcome.task.stem}"
        numbers = (outcome.q, outcome.score)
        if outcome.status == "ok":
            finite = all(number is not None and math.isfinite(number) for number in numbers)
            require(finite, f"{where}: the status is ok, but q and score are {numbers}")
        else:
            require(
                outcome.q is None, f"{where}: the status is {outcome.status}, but q is a number"
            )
            require(outcome.reason, f"{where}: the status is {outcome.status} without a reason")
        require(
            0 < outcome.n <= ROWS, f"{where}: n is {outcome.n}; there are {ROWS} labelled samples"
        )


@check("protocol-direction", "protocol", needs=SCORED)
def protocol_direction(context: ProtocolContext) -> None:
    """Embeddings that contain the labels get a higher q than random ones, whatever the metric."""
    random_q = {outcome.task.stem: outcome.q for outcome in context.random_outcomes}
    for outcome in context.outcomes:
        stem, q, other = outcome.task.stem, outcome.q, random_q[outcome.task.stem]
        require(
            q is not None and (other is None or q > other),
            f"task {stem}: embeddings that contain the labels get q={q}, random ones {other}; "
            "q must be higher for better embeddings",
        )


@check("protocol-repeatable", "protocol", needs=SCORED)
def protocol_repeatable(context: ProtocolContext) -> None:
    """Equal inputs give equal scores, whatever the number of jobs and the global random seeds."""
    first = {outcome.task.stem: (outcome.q, outcome.score) for outcome in context.outcomes}
    second = {
        outcome.task.stem: (outcome.q, outcome.score) for outcome in context.second_run.outcomes
    }
    different = [stem for stem in first if first[stem] != second[stem]]
    require(
        not different,
        f"q and score are {[first[stem] for stem in different]} the first time and "
        f"{[second[stem] for stem in different]} the second time",
    )


@check("protocol-progress", "protocol", needs=SCORED)
def protocol_progress(context: ProtocolContext) -> None:
    """It calls progress with the name of a task, the finished and the total number of splits."""
    calls = context.second_run.progress_calls
    if not calls:
        raise Skip("it does not report progress")
    for call in calls:
        valid = (
            len(call) == 3
            and isinstance(call[0], str)
            and all(isinstance(number, int) for number in call[1:])
        )
        require(valid and 0 <= call[1] <= call[2], f"progress was called with {call}")


@check("protocol-input", "protocol", needs=SCORED)
def protocol_input(context: ProtocolContext) -> None:
    """It does not modify the embeddings and labels."""
    before = context.new_inputs()
    same = np.array_equal(context.inputs.matrix, before.matrix) and all(
        np.array_equal(task.y, original.y)
        for task, original in zip(context.inputs.tasks, before.tasks, strict=True)
    )
    require(same, "score() modified its inputs")


@check("protocol-side-effects", "protocol", needs=SCORED)
def protocol_side_effects(context: ProtocolContext) -> None:
    """Scoring writes no files, opens no connection and starts no program, after the first call."""
    require_no_side_effects(context.second_run.side_effects, "score()")
