"""Use of an installed probe in place of a protocol's own probe."""

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
from neucocore.evaluation.linear.matrix import Matrix
from neucocore.evaluation.linear.probe import Target
from neucocore.evaluation.linear.training_part import TrainingPart
from neucocore.files.npz import plain_arrays
from neucocore.interfaces import Probe
from neucocore.provenance.keys import canonical_json

ErrorContext = Callable[[], AbstractContextManager[None]]
"""Returns the context in which a probe's code runs, so that its errors name the probe."""


class ProbeModel:
    """A fitted probe of a plugin, with its output checked.

    Parameters
    ----------
    probe
        The fitted probe.
    columns
        Indices of the columns it predicts. Of a multiclass problem these are the classes that
        occur in the training rows.
    width
        Number of columns of the predictions; columns that the probe does not predict are 0.
    name
        The probe's name, for messages.
    error_context
        Context in which the probe's code runs.
    """

    def __init__(
        self,
        probe: Probe,
        columns: NDArray[np.int64],
        width: int,
        name: str,
        error_context: ErrorContext = nullcontext,
    ) -> None:
        self.probe, self.columns, self.width, self.name = probe, columns, width, name
        self.error_context = error_context
        self.selected = self._selected()
        self.description = f"the arrays are the state of the probe {name}; see its documentation"

    def predict(self, X: Matrix) -> Matrix:
        """Return the probe's predictions (m, k) for rows (m, d).

        Raises
        ------
        ComponentOutputError
            The predictions are not numbers, have the wrong shape or are not finite.
        """
        with self.error_context():
            returned = np.asarray(self.probe.predict(X))
        if returned.dtype.kind not in "biuf":
            raise self._error(f"predicted values of type {returned.dtype}, not numbers")
        predicted = returned.astype(np.float64, copy=False)
        expected = (len(X), len(self.columns))
        if predicted.shape != expected:
            raise self._error(
                f"predicted an array of shape {predicted.shape} for {len(X)} rows; expected "
                f"{expected}"
            )
        if not np.isfinite(predicted).all():
            count = int(np.sum(~np.isfinite(predicted)))
            raise self._error(f"predicted {count} values that are not finite numbers")
        scores = np.zeros((len(X), self.width))
        scores[:, self.columns] = predicted
        return scores

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Return the probe's state.

        Raises
        ------
        ComponentOutputError
            It cannot be written without pickle.
        """
        with self.error_context():
            state = self.probe.state()
        try:
            return plain_arrays(state)
        except ValueError as error:
            raise self._error(f"has a state that cannot be stored: {error}") from None

    def _selected(self) -> Sequence[Mapping[str, Any]]:
        """Return the hyperparameters that the probe chose, checked as they are recorded."""
        with self.error_context():
            selected = getattr(self.probe, "selected", ())
        if not isinstance(selected, list | tuple) or not all(
            isinstance(one, Mapping) for one in selected
        ):
            raise self._error(
                f"has selected={selected!r}; expected a list of mappings, one per fit, or none"
            )
        try:
            canonical_json(list(map(dict, selected)))
        except (TypeError, ValueError) as error:
            raise self._error(f"has values in selected that are not JSON: {error}") from None
        return tuple(selected)

    def _error(self, problem: str) -> ComponentOutputError:
        return ComponentOutputError(
            f"the probe {self.name} {problem}", hint=f"neuco info {self.name}"
        )


class ProbeFitter:
    """Creates and fits a probe for every target of every split.

    Parameters
    ----------
    make
        Returns an unfitted probe for a problem.
    name
        The probe's name.
    identity
        ``name@version`` of the protocol; random number generators are seeded with it.
    error_context
        Context in which the probe's code runs.
    """

    uses_statistics = False

    def __init__(
        self,
        make: Callable[[Problem], Probe],
        name: str,
        identity: str,
        error_context: ErrorContext = nullcontext,
    ) -> None:
        self.make, self.name, self.identity = make, name, identity
        self.error_context = error_context

    def __call__(
        self, part: TrainingPart, targets: Sequence[Target], split: int
    ) -> list[ProbeModel]:
        """Fit one probe per target on the training rows."""
        X = np.concatenate(part.slices)
        return [self._fit(X, target, split) for target in targets]

    def held_out_fits(self, models: Sequence[Any], X: Matrix) -> None:
        """Return nothing: the training noise of these probes is not known."""

    def _fit(self, X: Matrix, target: Target, split: int) -> ProbeModel:
        y: NDArray[Any] = target.y
        columns = np.arange(y.shape[1])
        if target.problem == "binary":
            y = y[:, 0].astype(np.int64)
        elif target.problem == "multiclass":
            columns, y = np.unique(y[:, 0].astype(np.int64), return_inverse=True)
        with self.error_context():
            probe = self.make(target.problem).fit(X, y, generator(self.identity, split))
        if not hasattr(probe, "predict"):
            raise ComponentOutputError(
                f"fit of the probe {self.name} returned {type(probe).__name__}, not the probe",
                hint=f"neuco info {self.name}",
            )
        width = target.classes or len(columns)
        return ProbeModel(probe, columns, width, self.name, self.error_context)


def installed_probe(
    probe: str | Mapping[str, Any], identity: str, tasks: Sequence[ScoringTask]
) -> ProbeFitter:
    """Find an installed probe and check that it applies to every task.

    Parameters
    ----------
    probe
        The probe's name, or a mapping of ``name``, optionally ``version``, and parameters.
    identity
        ``name@version`` of the protocol.

    Raises
    ------
    ConfigError
        Unknown parameters, or a task whose problem the probe does not support.
    """
    settings = {"name": probe} if isinstance(probe, str) else dict(probe)
    settings.pop("version", None)
    component = find("probe", settings.pop("name"))
    params = check_values(settings, component.spec.params, of=component.full_name)
    _check_problems(component, tasks)

    def make(problem: Problem) -> Probe:
        return cast(Probe, create(component, problem=problem, **params))

    for problem in {task.problem for task in tasks}:
        make(problem)  # imports its libraries now, before BLAS is limited to one thread
    error_context = functools.partial(plugin_errors, component)
    return ProbeFitter(make, component.full_name, identity, error_context)


def generator(identity: str, split: int) -> np.random.Generator:
    """Return the random number generator of a split, the same for every task.

    Parameters
    ----------
    identity
        ``name@version`` of the protocol.
    """
    digest = hashlib.sha256(f"{identity}\nprobe\n{split}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def _check_problems(component: Component, tasks: Sequence[ScoringTask]) -> None:
    supported = cast(ProbeSpec, component.spec).problems
    problems = [
        f"task {task.key} is {task.problem}; {component.name} is for {' and '.join(supported)}"
        for task in tasks
        if task.problem not in supported
    ]
    if problems:
        raise ConfigError(
            f"the probe {component.full_name} does not apply to every task",
            problems=problems,
            hint="choose tasks with --tasks, or another probe: neuco list probes",
        )
