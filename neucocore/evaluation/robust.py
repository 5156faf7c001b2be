"""The protocol ``robust``: linear probes chosen inside the training part, held-out scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from neucocore.evaluation.heldout.plugin_probe import installed_probe
from neucocore.evaluation.heldout.predict import Fitter, Progress
from neucocore.evaluation.heldout.scoring import score_held_out
from neucocore.evaluation.inputs import ScoringInput
from neucocore.evaluation.linear.moments import TrainingPart
from neucocore.evaluation.linear.probe import LinearModel, Target, fit_linear
from neucocore.evaluation.outcome import TaskOutcome

IDENTITY = "robust@1"
"""What the splits are hashed with: changed options keep the splits, so that probes compare."""


class LinearFitter:
    """Ridge for values, logistic regression for classes."""

    name = "ridge and logistic"
    uses_moments = True

    def __call__(
        self, part: TrainingPart, targets: Sequence[Target], split: int
    ) -> list[LinearModel]:
        """Fit; nothing is random, so ``split`` is not needed."""
        del split
        return fit_linear(part, targets)


def score(
    given: ScoringInput,
    options: Mapping[str, Any],
    *,
    jobs: int = 1,
    progress: Progress | None = None,
) -> list[TaskOutcome]:
    """Score tasks under ``robust@1``.

    Parameters
    ----------
    given
        Embeddings and tasks.
    options
        ``folds``, ``repeats``; ``probe``, an installed probe's name or a mapping of ``name`` and
        its parameters; ``metric``, an installed metric's name, the primary one of all tasks.
    jobs
        Threads. The numbers do not depend on it.
    progress
        Called with task, splits done, splits in all.

    Raises
    ------
    DataError
        Tasks of one class only, or with too few rows of a class or too few groups, all in one.
    ConfigError
        A probe or metric that is not meant for a task's problem.
    """
    probe = options.get("probe")
    fit: Fitter = LinearFitter() if probe is None else installed_probe(probe, IDENTITY, given.tasks)
    return score_held_out(given, options, fit, identity=IDENTITY, jobs=jobs, progress=progress)
