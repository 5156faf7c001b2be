"""Any probe plugin in place of a protocol's own probe."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from neucocore.components import check_values, create
from neucocore.discovery import Component
from neucocore.errors import ComponentOutputError, ConfigError
from neucocore.evaluation.linear import Target
from neucocore.evaluation.outcome import ScoringTask
from neucocore.evaluation.training import Matrix, TrainingPart
from neucocore.interfaces import Probe
from neucocore.lookup import find
from neucocore.specs import ProbeSpec


class ProbeModel:
    """A fitted probe plugin whose output is checked."""

    def __init__(self, probe: Probe, width: int, who: str) -> None:
        self.probe, self.width, self.who = probe, width, who
        chosen = getattr(probe, "chosen", None)
        self.chosen: Sequence[Mapping[str, Any]] = () if chosen is None else (chosen,)

    def predict(self, X: Matrix) -> Matrix:
        """Return what the probe predicts, (m, k)."""
        predicted = np.asarray(self.probe.predict(X), dtype=np.float64)
        if predicted.shape != (len(X), self.width):
            raise ComponentOutputError(
                f"the probe {self.who} predicted an array of shape {predicted.shape} "
                f"for {len(X)} rows; ({len(X)}, {self.width}) is asked for",
                hint=f"neuco info {self.who}",
            )
        if not np.isfinite(predicted).all():
            bad = int(np.sum(~np.isfinite(predicted)))
            raise ComponentOutputError(
                f"the probe {self.who} predicted {bad} values that are not finite numbers",
                hint=f"neuco info {self.who}",
            )
        return predicted

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Return the probe's state."""
        return self.probe.state()


class ProbeFitter:
    """Makes and fits a probe plugin for every split.

    Parameters
    ----------
    chosen
        The probe's name, or a mapping of ``name`` and parameters.
    identity
        The protocol, which the generators of random numbers are seeded with.
    tasks
        All tasks it will be asked to fit, which are checked at once.
    """

    uses_moments = False

    def __init__(
        self, chosen: str | Mapping[str, Any], identity: str, tasks: Sequence[ScoringTask]
    ) -> None:
        given = {"name": chosen} if isinstance(chosen, str) else dict(chosen)
        self.component = find("probe", given.pop("name"))
        params = self.component.spec.params
        self.params = check_values(given, params, of=self.component.full_name)
        self.identity = identity
        self.name = self.component.full_name
        _check_problems(self.component, tasks)
        # Imports its libraries now, before BLAS is bound to one thread.
        for problem in {task.problem for task in tasks}:
            create(self.component, problem=problem, **self.params)

    def __call__(
        self, part: TrainingPart, targets: Sequence[Target], split: int
    ) -> list[ProbeModel]:
        """Fit one probe per target on the stacked rows."""
        X = np.concatenate(part.slices)
        return [self._fit(X, target, split) for target in targets]

    def _fit(self, X: Matrix, target: Target, split: int) -> ProbeModel:
        y: NDArray[Any] = target.y
        if target.problem in ("binary", "multiclass"):
            y = y[:, 0].astype(np.int64)
        probe: Probe = create(self.component, problem=target.problem, **self.params)
        fitted = probe.fit(X, y, generator(self.identity, split))
        width = target.classes or target.y.shape[1]
        return ProbeModel(fitted, width, self.name)


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
