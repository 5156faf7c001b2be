"""Chance and influence values of the metrics of plugins: always a number or a reason."""

from __future__ import annotations

import textwrap

import numpy as np
import pytest

from neucocore.components import discovery
from neucocore.errors import ComponentOutputError
from neucocore.statistics.influence import Influence, Undefined

PLUGIN = """
import numpy as np

from neucocore.plugin import Influence, MetricSpec, Param, Undefined, hookimpl

NEUCO_API = 1


def power(y, p, exponent=1.0):
    return float(np.mean(np.abs(y - p) ** exponent)) if len(y) else float("nan")


def power_influence(y, p, exponent=1.0):
    errors = np.abs(y - p) ** exponent
    return errors - errors.mean()


def median(y, p):
    return float(np.median(np.abs(y - p))) if len(y) else float("nan")


def needs_all_rows(y, p):
    if len(y) == 79:
        raise ValueError("an incomplete set of rows")
    return 1.0


def short(y, p):
    return np.zeros(len(y) - 1)


def short_object(y, p):
    return Influence(np.zeros(len(y) - 1), 0.5)


def not_finite(y, p):
    return Influence(np.full(len(y), np.nan), 0.5)


def not_centred(y, p):
    return np.ones(len(y))


def words(y, p):
    return ["high"] * len(y)


def nothing(y, p):
    return None


def undefined(y, p):
    return Undefined("the plugin knows no better")


def raises(y, p):
    raise KeyError("influence")


def infinite(y):
    return float("inf")


def no_chance(y):
    return float("nan")


def word(y):
    return "half"


def above_any_bound(y, p):
    return 1.0 / np.float64(0.0 * np.sum(y))


def below_any_bound(y, p):
    return -np.inf if len(y) == 80 else 0.5


def a_boolean(y, p):
    return bool(np.mean(np.abs(y - p)) < 1)


def a_numpy_boolean(y, p):
    return np.mean(np.abs(y - p)) < 1


def complex_number(y, p):
    return np.complex128(1.0)


def an_array(y, p):
    return np.abs(y - p)


def no_result(y, p):
    np.mean(y - p)


def a_text(y, p):
    return "0.5"


@hookimpl
def neuco_metrics():
    def spec(name, factory=median, **more):
        return MetricSpec(
            name=name,
            summary=name,
            factory=factory,
            problems=("regression",),
            greater_is_better=False,
            low=0.0,
            undefined="no rows",
            **more,
        )

    square = (Param("exponent", "float", 2.0, "of the error"),)
    results = (above_any_bound, below_any_bound, a_boolean, a_numpy_boolean, complex_number,
               an_array, no_result, a_text)
    influences = (short, short_object, not_finite, not_centred, words, nothing, undefined, raises)
    return [
        spec("square", power, params=square, influence=power_influence),
        spec("square-jackknife", power, params=square),
        spec("median"),
        spec("all-rows", needs_all_rows),
        *[spec(f.__name__.replace("_", "-"), f) for f in results],
        *[spec(f.__name__.replace("_", "-"), influence=f) for f in influences],
        *[spec(f.__name__.replace("_", "-"), chance=f) for f in (infinite, no_chance, word)],
    ]
"""


@pytest.fixture(autouse=True)
def plugin(tmp_path, monkeypatch):
    file = tmp_path / "third_party.py"
    file.write_text(textwrap.dedent(PLUGIN), encoding="utf-8")
    monkeypatch.setenv(discovery.PATH_VARIABLE, str(file))
    discovery.forget()
    yield
    monkeypatch.undo()
    discovery.forget()


@pytest.fixture
def rows_and_labels():
    """80 rows with labels that can be predicted."""
    rows = np.random.default_rng(0).standard_normal((80, 4))
    return rows, rows[:, 0] + 0.5 * np.random.default_rng(1).standard_normal(80)


@pytest.fixture
def primary(nested_cv, rows_and_labels):
    """Return a function that scores a task of 80 rows and returns its primary metric."""

    def score(metric):
        (outcome,) = nested_cv(*rows_and_labels, metric=metric)
        predicted = outcome.predictions["y_pred"]
        return outcome.metrics[0], np.abs(outcome.predictions["y_true"] - predicted)

    return score


@pytest.mark.parametrize("name", ["square", "square-jackknife"])
def test_influence_values_are_those_of_the_metric_with_its_parameters(primary, name):
    metric, errors = primary(name)
    assert metric.score == pytest.approx(np.mean(errors**2))
    assert isinstance(metric.influence, Influence)
    np.testing.assert_allclose(metric.influence.values, errors**2 - np.mean(errors**2), atol=1e-9)
    assert not metric.influence.greater_is_better
    assert metric.influence.bounds == (0.0, np.inf)
    assert metric.interval.low < metric.score < metric.interval.high


def test_a_metric_that_declares_nothing_has_an_interval_and_no_chance(primary):
    metric, errors = primary("median")
    assert metric.score == pytest.approx(np.median(errors))
    assert metric.chance is None
    assert metric.interval.low < metric.score < metric.interval.high


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("all-rows", "the metric without row 1 raised"),
        ("short", "the influence values have the shape (79,), expected (80,)"),
        ("short-object", "the influence values have the shape (79,), expected (80,)"),
        ("not-finite", "the score or its influence values are not finite numbers"),
        ("not-centred", "the influence values do not sum to 0"),
        ("words", "the influence values are not numbers"),
        ("nothing", "the influence values have the shape (), expected (80,)"),
        ("undefined", "the plugin knows no better"),
    ],
)
def test_without_usable_influence_values_there_is_a_score_and_a_reason(primary, name, reason):
    metric, _ = primary(name)
    assert metric.score is not None
    assert isinstance(metric.influence, Undefined)
    assert metric.influence.reason.startswith(reason)
    assert metric.interval.low is None
    assert metric.interval.reason.startswith(reason)


def test_an_exception_in_influence_values_names_the_metric(primary):
    with pytest.raises(ComponentOutputError, match=r"/raises .* raised KeyError"):
        primary("raises")


@pytest.mark.parametrize("name", ["infinite", "no-chance"])
def test_a_chance_that_is_no_finite_number_is_not_known(primary, name):
    metric, _ = primary(name)
    assert metric.score is not None
    assert metric.chance is None


def test_a_chance_that_is_no_number_names_the_metric(primary):
    with pytest.raises(ComponentOutputError, match="/word returned str, not a number"):
        primary("word")


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize("name", ["above-any-bound", "below-any-bound"])
def test_infinity_is_no_score_and_says_so(nested_cv, rows_and_labels, name):
    (outcome,) = nested_cv(*rows_and_labels, metric=name)
    assert (outcome.status, outcome.score) == ("undefined", None)
    assert outcome.reason == f"{name} is undefined: it returned infinity"
    assert outcome.metrics[0].interval.reason == outcome.reason
    assert outcome.metrics[1].score is not None  # the metrics of every task are not affected
    undefined = [split for split in outcome.splits if split.metric == name and split.value is None]
    assert {split.status for split in undefined} <= {"undefined"}


@pytest.mark.parametrize(
    ("name", "type_name"),
    [
        ("a-boolean", "bool"),
        ("a-numpy-boolean", "bool"),
        ("complex-number", "complex128"),
        ("an-array", "ndarray"),
        ("no-result", "NoneType"),
        ("a-text", "str"),
    ],
)
def test_what_is_no_number_is_an_error_that_names_the_metric(primary, name, type_name):
    with pytest.raises(ComponentOutputError, match=rf"/{name} returned {type_name}_?, not a numb"):
        primary(name)
