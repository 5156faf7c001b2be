"""Any probe plugin in place of a protocol's own probe."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from neucocore.components.discovery import Component
from neucocore.components.factory import create, plugin_errors
from neucocore.components.lookup import find
from neucocore.components.parameters import check_values
from neucocore.components.specs import ProbeSpec, Problem
from neucocore.errors import ComponentOutputError, ConfigError
from neucocore.evaluation.inputs import ScoringTask
from neucocore.evaluation.linear.moments import Matrix, TrainingPart
from neucocore.evaluation.linear.probe import Target
from neucocore.interfaces import Probe

Guard = Callable[[], AbstractContextManager[None]]
"""What a probe's own code runs in, so that its errors name it."""


class ProbeModel:
    """A fitted probe plugin whose output is checked.

    Parameters
    ----------
    probe
        Fitted.
    columns
        The columns it predicts: of a multi-class problem the classes it was trained on.
    width
        Number of columns there are; the others are 0.
    who
        The probe's name for messages.
    guard
        What its code runs in.
    """

    def __init__(
        self,
        probe: Probe,
        columns: NDArray[np.int64],
        width: int,
        who: str,
        guard: Guard = nullcontext,
    ) -> None:
        self.probe, self.columns, self.width, self.who = probe, columns, width, who
        self.guard = guard
        self.chosen: Sequence[Mapping[str, Any]] = tuple(getattr(probe, "chosen", ()))
        self.how = f"the arrays are the state of the probe {who}, whose documentation explains them"

    def predict(self, X: Matrix) -> Matrix:
        """Return what the probe predicts, (m, k)."""
        with self.guard():
            predicted = np.asarray(self.probe.predict(X), dtype=np.float64)
        if predicted.shape != (len(X), len(self.columns)):
            raise ComponentOutputError(
                f"the probe {self.who} predicted an array of shape {predicted.shape} "
                f"for {len(X)} rows; {(len(X), len(self.columns))} is asked for",
                hint=f"neuco info {self.who}",
            )
        if not np.isfinite(predicted).all():
            bad = int(np.sum(~np.isfinite(predicted)))
            raise ComponentOutputError(
                f"the probe {self.who} predicted {bad} values that are not finite numbers",
                hint=f"neuco info {self.who}",
            )
        scores = np.zeros((len(X), self.width))
        scores[:, self.columns] = predicted
        return scores

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Return the probe's state."""
        with self.guard():
            return self.probe.state()


class ProbeFitter:
    """Makes and fits a probe for every target of every split.

    Parameters
    ----------
    make
        Returns an unfitted probe for a problem.
    name
        The probe's name.
    identity
        ``name@version`` of the protocol, which generators of random numbers are seeded with.
    guard
        What the probe's code runs in.
    """

    uses_moments = False

    def __init__(
        self,
        make: Callable[[Problem], Probe],
        name: str,
        identity: str,
        guard: Guard = nullcontext,
    ) -> None:
        self.make, self.name, self.identity, self.guard = make, name, identity, guard

    def __call__(
        self, part: TrainingPart, targets: Sequence[Target], split: int
    ) -> list[ProbeModel]:
        """Fit one probe per target on the stacked rows."""
        X = np.concatenate(part.slices)
        return [self._fit(X, target, split) for target in targets]

    def _fit(self, X: Matrix, target: Target, split: int) -> ProbeModel:
        y: NDArray[Any] = target.y
        columns = np.arange(y.shape[1])
        if target.problem == "binary":
            y = y[:, 0].astype(np.int64)
        elif target.problem == "multiclass":
            columns, y = np.unique(y[:, 0].astype(np.int64), return_inverse=True)
        with self.guard():
            probe = self.make(target.problem).fit(X, y, generator(self.identity, split))
        if not hasattr(probe, "predict"):
            raise ComponentOutputError(
                f"fit of the probe {self.name} returned {type(probe).__name__}, not the probe",
                hint=f"neuco info {self.name}",
            )
        return ProbeModel(probe, columns, target.classes or len(columns), self.name, self.guard)


def installed_probe(
    chosen: str | Mapping[str, Any], identity: str, tasks: Sequence[ScoringTask]
) -> ProbeFitter:
    """Look a probe plugin up and check that it is meant for every task.

    Parameters
    ----------
    chosen
        The probe's name, or a mapping of ``name`` and parameters.

    Raises
    ------
    ConfigError
        Unknown parameters, or a task of a problem the probe is not for.
    """
    given = {"name": chosen} if isinstance(chosen, str) else dict(chosen)
    component = find("probe", given.pop("name"))
    params = check_values(given, component.spec.params, of=component.full_name)
    _check_problems(component, tasks)

    def make(problem: Problem) -> Probe:
        return cast(Probe, create(component, problem=problem, **params))

    for problem in {task.problem for task in tasks}:
        make(problem)  # imports its libraries now, before BLAS is bound to one thread
    guard = functools.partial(plugin_errors, component)
    return ProbeFitter(make, component.full_name, identity, guard)


def generator(identity: str, split: int) -> np.random.Generator:
    """Return the generator of a split: the same for every task, whatever runs beside it."""
    digest = hashlib.sha256(f"{identity}\nprobe\n{split}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def _check_problems(component: Component, tasks: Sequence[ScoringTask]) -> None:
    can = cast(ProbeSpec, component.spec).problems
    problems = [
        f"task {task.key} is {task.problem}; {component.name} is for {' and '.join(can)}"
        for task in tasks
        if task.problem not in can
    ]
    if problems:
        raise ConfigError(
            f"the probe {component.full_name} does not fit every task",
            problems=problems,
            hint="choose tasks with --tasks, or another probe: neuco list probes",
        )
