from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neucocore.components.specs import Param, ProtocolSpec
from neucocore.plugin import ScoringInput, ScoringTask, TaskOutcome

COUNTER = itertools.count()


class Valid:
    """The correlation of the labels with the nearest of the embedding's columns."""

    def check_options(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        return options

    def score(
        self,
        inputs: ScoringInput,
        options: Mapping[str, Any],
        *,
        jobs: int = 1,
        progress: Any = None,
    ) -> list[TaskOutcome]:
        outcomes = []
        for task in inputs.tasks:
            outcomes.append(self.outcome(inputs, task))
            if progress is not None:
                self.report(progress, task)
        return outcomes

    def outcome(self, inputs: ScoringInput, task: ScoringTask) -> TaskOutcome:
        score = self.score_of(inputs, task)
        return TaskOutcome(task, len(task.ids), inputs.matrix.shape[1], "ok", score, score, None)

    def score_of(self, inputs: ScoringInput, task: ScoringTask) -> float:
        columns = [np.corrcoef(column, task.y)[0, 1] for column in inputs.matrix.T]
        return float(np.max(columns))

    def report(self, progress: Any, task: ScoringTask) -> None:
        progress(task.key, 1, 1)


class NeedsArguments(Valid):
    def __init__(self, folds: int) -> None:
        self.folds = folds


class WithoutScore:
    pass


class ForgetsAnOption(Valid):
    def check_options(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        return {}


class OnlyTheFirstTask(Valid):
    def score(self, *args: Any, **kwargs: Any) -> list[TaskOutcome]:
        return super().score(*args, **kwargs)[:1]


class ReturnsNumbers(Valid):
    def outcome(self, inputs: ScoringInput, task: ScoringTask) -> Any:
        return 0.5


class NotANumber(Valid):
    def score_of(self, inputs: ScoringInput, task: ScoringTask) -> float:
        return float("nan")


class UndefinedWithoutReason(Valid):
    def outcome(self, inputs: ScoringInput, task: ScoringTask) -> TaskOutcome:
        outcome = super().outcome(inputs, task)
        return replace(outcome, status="undefined", q=None, score=None)


class CountsTooMany(Valid):
    def outcome(self, inputs: ScoringInput, task: ScoringTask) -> TaskOutcome:
        return replace(super().outcome(inputs, task), n=1000)


class RanksByError(Valid):
    def outcome(self, inputs: ScoringInput, task: ScoringTask) -> TaskOutcome:
        outcome = super().outcome(inputs, task)
        return outcome if task.metric == "accuracy" else replace(outcome, q=-(outcome.q or 0))


class Unseeded(Valid):
    def score_of(self, inputs: ScoringInput, task: ScoringTask) -> float:
        return super().score_of(inputs, task) + 1e-9 * next(COUNTER)


class WrongProgress(Valid):
    def report(self, progress: Any, task: ScoringTask) -> None:
        progress(task, 2, 1)


class WithoutProgress(Valid):
    def report(self, progress: Any, task: ScoringTask) -> None:
        pass


class InPlace(Valid):
    def score_of(self, inputs: ScoringInput, task: ScoringTask) -> float:
        inputs.matrix[:] -= inputs.matrix.mean(axis=0)
        return super().score_of(inputs, task)


class WritesFiles(Valid):
    def score_of(self, inputs: ScoringInput, task: ScoringTask) -> float:
        Path("scores").write_text("x")
        return super().score_of(inputs, task)


FAILED_CHECKS = {
    Valid: set(),
    NeedsArguments: {"protocol-created"},
    WithoutScore: {"protocol-created"},
    ForgetsAnOption: {"protocol-options"},
    OnlyTheFirstTask: {"protocol-scores"},
    ReturnsNumbers: {"protocol-scores"},
    NotANumber: {"protocol-scores"},
    UndefinedWithoutReason: {"protocol-scores"},
    CountsTooMany: {"protocol-scores"},
    RanksByError: {"protocol-direction"},
    Unseeded: {"protocol-repeatable"},
    WrongProgress: {"protocol-progress"},
    WithoutProgress: set(),
    InPlace: {"protocol-input"},
    WritesFiles: {"protocol-side-effects"},
}


@pytest.mark.parametrize(
    ("protocol", "checks"), FAILED_CHECKS.items(), ids=lambda value: getattr(value, "__name__", "")
)
def test_each_mistake_of_a_protocol_fails_its_check(
    broken_checks: Callable[..., set[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    protocol: type,
    checks: set[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    options = (Param("folds", "int", 2, "number of splits"),)
    spec = ProtocolSpec(name="x", summary="s", factory=protocol, params=options)
    failed = broken_checks(spec)
    assert checks <= failed
    assert bool(checks) == bool(failed)
