"""The protocol ``nested-cv``: linear probes chosen inside the training part, held-out scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from neucocore.evaluation.heldout.fitter import Fitter
from neucocore.evaluation.heldout.plugin_probe import installed_probe
from neucocore.evaluation.heldout.predict import Progress
from neucocore.evaluation.heldout.scoring import check_split_options, score_held_out
from neucocore.evaluation.inputs import ScoringInput
from neucocore.evaluation.linear.matrix import Matrix
from neucocore.evaluation.linear.probe import (
    HeldOutFit,
    LinearModel,
    Target,
    fit_linear,
    held_out_fits,
)
from neucocore.evaluation.linear.training_part import TrainingPart
from neucocore.evaluation.outcome import TaskOutcome

SPLIT_IDENTITY = "robust@1"
"""What the splits are hashed with: the name of the protocol before its first release.

It stays, so that R2 and the scores of decisions keep their digits. Changed options keep the splits,
so that probes can be compared.
"""


class LinearFitter:
    """Ridge for values, logistic regression for classes."""

    name = "ridge and logistic"
    uses_statistics = True

    def __call__(
        self, part: TrainingPart, targets: Sequence[Target], split: int
    ) -> list[LinearModel]:
        """Fit the targets on one training part; no step is random, so ``split`` is not used."""
        del split
        return fit_linear(part, targets)

    def held_out_fits(self, models: Sequence[LinearModel], X: Matrix) -> list[HeldOutFit]:
        """Return the training noise and the ridge predictions of held-out rows (m, d)."""
        return held_out_fits(models, X)


class NestedCVProtocol:
    """Score tasks under ``nested-cv``.

    Options: ``folds``, ``repeats``; ``probe`` and ``metric``, None or a mapping with the ``name``
    of an installed component and, for a probe, its parameters.
    """

    uses_folds = True
    split_identity = SPLIT_IDENTITY
    reports_details = True

    def check_options(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the options unchanged if ``folds`` and ``repeats`` can be used.

        Raises
        ------
        ConfigError
            They cannot.
        """
        check_split_options(options)
        return options

    def score(
        self,
        inputs: ScoringInput,
        options: Mapping[str, Any],
        *,
        jobs: int = 1,
        progress: Progress | None = None,
    ) -> list[TaskOutcome]:
        """Score every task; parameters as in `neucocore.evaluation.protocols.ScoringProtocol`.

        Raises
        ------
        DataError
            Tasks with a single class, or with too few rows of a class or too few groups, all
            reported together.
        ConfigError
            A probe that does not apply to a task's problem.
        """
        probe = options.get("probe")
        fit: Fitter = (
            LinearFitter()
            if probe is None
            else installed_probe(probe, SPLIT_IDENTITY, inputs.tasks)
        )
        return score_held_out(
            inputs, options, fit, identity=SPLIT_IDENTITY, jobs=jobs, progress=progress
        )
