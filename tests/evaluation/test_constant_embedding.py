import numpy as np
import pytest

from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.nested_cv import NestedCVProtocol
from neucocore.evaluation.protocols import protocol

score = NestedCVProtocol().score

N = 60
IDS = tuple(f"c{i:02}" for i in range(N))


@pytest.mark.parametrize("classes", [("0", "1"), ("a", "b", "c")])
def test_a_constant_embedding_tells_classes_no_better_than_chance(classes):
    codes = np.arange(N) % len(classes)
    problem = "binary" if len(classes) == 2 else "multiclass"
    task = ScoringTask(
        "t", "t", problem, IDS, codes, "balanced-accuracy", digest="", classes=classes
    )
    given = ScoringInput(IDS, np.ones((N, 8), np.float32), (task,), frozenset(IDS))

    (outcome,) = score(given, protocol("nested-cv").values())

    assert outcome.score == pytest.approx(1 / len(classes), abs=0.12)
