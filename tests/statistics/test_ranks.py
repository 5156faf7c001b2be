from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from neucocore.statistics.comparison import TaskPair, compare_over_tasks
from neucocore.statistics.influence import Influence
from neucocore.statistics.multiple_testing import holm
from neucocore.statistics.ranks import (
    TaskInfluences,
    _groups,
    pair_tests,
    ranks_on_other_tasks,
    ranks_on_these_tasks,
)

N = 400


def generator():
    return np.random.default_rng(0)


def centred(values):
    return values - values.mean(axis=0)


def tasks(methods=4, *, noise=0.02, grouped=False):
    rng = np.random.default_rng(1)
    units = np.arange(N) % 40 if grouped else np.arange(N)
    common = rng.normal(size=(N, 1))
    return [
        TaskInfluences(
            centred(common + rng.normal(size=(N, methods))),
            units,
            weight,
            None if noise is None else noise * (1 + np.arange(methods)),
            None if noise is None else np.linspace(0.4, 0.6, methods),
            grouped,
        )
        for weight in (0.25, 0.75)
    ]


@pytest.mark.parametrize("noise", [0.02, 5.0, None])
@pytest.mark.parametrize("grouped", [False, True])
def test_pairs_are_those_of_compare(noise, grouped):
    merits = np.array([0.5, 0.45, 0.6, 0.3])
    board = tasks(noise=noise, grouped=grouped)
    tests = pair_tests(merits, board)
    for i in range(4):
        for j in range(i + 1, 4):
            pairs = []
            for task in board:
                a, b = (
                    Influence(
                        task.values[:, k],
                        merits[k],
                        groups=task.units if grouped else None,
                        training_noise=None if noise is None else task.training_noise[k],
                        error_scale=None if noise is None else task.error_scale[k],
                    )
                    for k in (i, j)
                )
                pairs.append(TaskPair(a, b, task.units, task.weight))
            found = compare_over_tasks(pairs)
            assert tests.differences[i, j] == pytest.approx(found.difference)
            assert tests.standard_errors[i, j] == pytest.approx(found.standard_error)
            assert tests.p_values[i, j] == pytest.approx(found.p_value)


def test_clear_differences_give_single_ranks():
    merits = np.array([1.0, 3.0, 2.0, 0.0])
    ranking = ranks_on_these_tasks(merits, pair_tests(merits, tasks()), generator())
    np.testing.assert_array_equal(ranking.low, [3, 1, 2, 4])
    np.testing.assert_array_equal(ranking.high, [3, 1, 2, 4])
    assert ranking.groups == ((1,), (2,), (0,), (3,))


def test_equal_methods_share_all_ranks():
    merits = np.array([0.5, 0.5001, 0.5, 0.4999])
    ranking = ranks_on_these_tasks(merits, pair_tests(merits, tasks()), generator())
    np.testing.assert_array_equal(ranking.low, 1)
    np.testing.assert_array_equal(ranking.high, 4)
    assert ranking.groups == ((1, 0, 2, 3),)


def test_adding_a_method_changes_no_unadjusted_p_value():
    merits = np.array([0.5, 0.45, 0.6, 0.3])
    board = tasks()
    fewer = [
        TaskInfluences(
            task.values[:, :3], task.units, task.weight, task.training_noise[:3],
            task.error_scale[:3],
        )
        for task in board
    ]  # fmt: skip
    all_of_them, some = pair_tests(merits, board), pair_tests(merits[:3], fewer)
    np.testing.assert_allclose(all_of_them.p_values[:3, :3], some.p_values, rtol=1e-12)


def test_a_copy_of_a_method_cannot_be_told_apart():
    board = [TaskInfluences(task.values[:, [0, 0, 1]], task.units, task.weight) for task in tasks()]
    merits = np.array([2.0, 2.0, 0.0])
    tests = pair_tests(merits, board)
    assert tests.standard_errors[0, 1] == 0
    assert tests.p_values[0, 1] == 1
    ranking = ranks_on_these_tasks(merits, tests, generator())
    np.testing.assert_array_equal(ranking.low, [1, 1, 3])
    np.testing.assert_array_equal(ranking.high, [2, 2, 3])
    assert np.isfinite(ranking.p_values).all()


def test_a_single_method_has_rank_1():
    merits = np.array([0.5])
    ranking = ranks_on_these_tasks(merits, pair_tests(merits, tasks(1)), generator())
    assert (ranking.low.tolist(), ranking.high.tolist(), ranking.groups) == ([1], [1], ((0,),))
    assert ranks_on_other_tasks(np.ones((1, 6))).low.tolist() == [1]


def test_other_tasks_are_paired_t_tests_over_sources_adjusted_by_holm():
    rng = np.random.default_rng(2)
    scores = rng.normal(size=(3, 8)) + np.array([[0], [0.2], [4]])
    ranking = ranks_on_other_tasks(scores)
    pairs = [(0, 1), (0, 2), (1, 2)]
    p = holm(np.array([stats.ttest_rel(scores[i], scores[j]).pvalue for i, j in pairs]))
    for (i, j), value in zip(pairs, p, strict=True):
        assert ranking.p_values[i, j] == pytest.approx(value, rel=1e-8)
    assert ranking.groups[0] == (2,)


def test_few_sources_have_a_reason():
    ranking = ranks_on_other_tasks(np.zeros((3, 5)))
    assert ranking.reason == "too few label sources: 5, at least 6 are needed"
    assert ranking.low is None


def test_equal_scores_everywhere_are_one_group():
    ranking = ranks_on_other_tasks(np.ones((3, 6)))
    assert ranking.groups == ((0, 1, 2),)
    np.testing.assert_array_equal(ranking.p_values, 1)


def test_equal_methods_are_kept_together_in_about_95_percent():
    """Three of four methods are equal; 300 tables of two tasks on the same cubes."""
    rng = np.random.default_rng(4)
    kept = 0
    for _ in range(300):
        common = rng.normal(size=(2, 300, 1))
        values = 0.7 * common + 0.7 * rng.normal(size=(2, 300, 4))
        merits = np.array([0.0, 0.0, 0.0, -0.5]) + values.mean(axis=(0, 1))
        board = [
            TaskInfluences(centred(v), np.arange(300), 0.5, np.zeros(4), np.ones(4)) for v in values
        ]
        ranking = ranks_on_these_tasks(merits, pair_tests(merits, board), rng, draws=500)
        kept += not ranking.better[:3, :3].any()
        assert ranking.high[3] == 4
    assert 0.92 <= kept / 300 <= 0.985


@pytest.mark.parametrize("seed", range(20))
def test_two_methods_have_a_common_group_exactly_if_they_are_not_different(seed):
    rng = np.random.default_rng(seed)
    merits = rng.normal(size=7).round(1)
    better = (merits[:, None] > merits) & (rng.random((7, 7)) < 0.5)
    groups = _groups(merits, better)
    for i in range(7):
        for j in range(7):
            common = any(i in group and j in group for group in groups)
            assert common == (not (better[i, j] or better[j, i]))
    sets = [set(group) for group in groups]
    assert not any(one < other for one in sets for other in sets)
    best = [merits[group[0]] for group in groups]
    assert best == sorted(best, reverse=True)
