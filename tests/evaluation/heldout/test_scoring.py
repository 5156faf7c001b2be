"""What every held-out protocol makes of its metrics."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.protocols import protocol
from neucocore.evaluation.robust import RobustProtocol

score = RobustProtocol().score


@pytest.mark.parametrize(("metric", "sign"), [("rmse", -1), ("r2", 1)])
def test_what_runs_are_ranked_by_is_higher_for_better_predictions(metric: str, sign: int) -> None:
    rng = np.random.default_rng(0)
    ids = tuple(f"s{row}" for row in range(60))
    matrix = rng.standard_normal((60, 3)).astype(np.float32)
    y = matrix @ np.ones(3) + 0.1 * rng.standard_normal(60)
    task = ScoringTask("t", "t", "regression", ids, y.astype(np.float64), "r2", "digest")
    given = ScoringInput(ids, matrix, (task,), frozenset(ids))
    (outcome,) = score(given, protocol("robust").with_options({"metric": metric}).values())
    assert outcome.score is not None
    assert outcome.score > 0
    assert outcome.q == sign * outcome.score
