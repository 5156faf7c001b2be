"""What fits a probe on the training part of a split, and what a fitted probe can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

from neucocore.evaluation.linear.matrix import Matrix
from neucocore.evaluation.linear.probe import HeldOutFit, Target
from neucocore.evaluation.linear.training_part import TrainingPart

ALL_ROWS = -1
"""Number of the split that holds out no row."""


class Model(Protocol):
    """A fitted probe of one target."""

    @property
    def description(self) -> str:
        """How to compute a prediction from the arrays, in words."""

    @property
    def selected(self) -> Sequence[Mapping[str, Any]]:
        """Hyperparameters selected inside the training part, as plain JSON values."""

    def predict(self, X: Matrix) -> Matrix:
        """Return (m, k) label values or probabilities for rows (m, d)."""

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Return the fitted state as plain arrays."""


class Fitter(Protocol):
    """Fits probes on one training part.

    Attributes
    ----------
    name
        Name of the probe.
    uses_statistics
        Whether fits use the sufficient statistics of the training part; if so, they are computed
        once for all splits.
    """

    name: str
    uses_statistics: bool

    def __call__(
        self, part: TrainingPart, targets: Sequence[Target], split: int
    ) -> Sequence[Model]:
        """Return one model per target; safe to call from several threads.

        Parameters
        ----------
        split
            Number of the split; `ALL_ROWS` if no row is held out. Random number generators may be
            seeded with it and with the protocol, and with nothing else.
        """

    def held_out_fits(self, models: Sequence[Any], X: Matrix) -> Sequence[HeldOutFit] | None:
        """Return what the models tell about held-out rows (m, d); None if they tell nothing."""
