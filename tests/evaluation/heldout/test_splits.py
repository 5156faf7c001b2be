"""Folds are determined by hashes of ids alone."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from neucocore.evaluation.heldout.splits import assign_folds, strata_of

IDS = [f"cube-{row}" for row in range(103)]


def folds(ids=IDS, **changed):
    return assign_folds(ids, **{"folds": 10, "protocol": "robust@1", **changed})


def test_rows_are_assigned_in_the_order_of_the_hash_of_protocol_repeat_and_id():
    def key(cube):
        return hashlib.sha256(f"robust@1\n2\n{cube}".encode()).hexdigest()

    expected = {cube: index % 10 for index, cube in enumerate(sorted(IDS, key=key))}
    assert dict(zip(IDS, folds(repeat=2), strict=True)) == expected


def test_folds_of_eight_rows_are_those_recorded():
    # By sha256sum of "robust@1\n2\ncube-0" and so on, the order of the rows is
    # 1, 2, 6, 7, 0, 4, 5, 3.
    assert folds(IDS[:8], folds=3, repeat=2).tolist() == [1, 0, 1, 1, 2, 0, 2, 0]


def test_the_fold_of_a_row_does_not_depend_on_the_order_of_rows():
    shuffled = np.random.default_rng(0).permutation(IDS).tolist()
    assert dict(zip(IDS, folds(), strict=True)) == dict(zip(shuffled, folds(shuffled), strict=True))


@pytest.mark.parametrize("changed", [{"repeat": 1}, {"protocol": "svm@1"}])
def test_repeats_and_protocols_have_different_partitions(changed):
    assert np.mean(folds() == folds(**changed)) < 0.3


def test_sizes_of_folds_differ_by_at_most_one():
    assert sorted(np.bincount(folds())) == [10] * 7 + [11] * 3


def test_fewer_rows_than_folds_are_held_out_one_by_one():
    assert sorted(folds(IDS[:4])) == [0, 1, 2, 3]


def test_each_class_is_distributed_evenly_over_the_folds():
    strata = np.array([0] * 80 + [1] * 21 + [2] * 2)
    assigned = folds(strata=strata)
    assert sorted(np.bincount(assigned[strata == 1], minlength=10)) == [2] * 9 + [3]
    assert len(set(assigned[strata == 2])) == 2
    assert np.ptp(np.bincount(assigned)) <= 1


def test_all_rows_of_a_group_are_in_one_fold_and_folds_have_similar_sizes():
    groups = [f"place-{row % 31}" for row in range(103)]
    assigned = folds(groups=groups)
    for group in set(groups):
        assert len({f for f, g in zip(assigned, groups, strict=True) if g == group}) == 1
    assert np.ptp(np.bincount(assigned, minlength=10)) <= 4


def test_with_fewer_groups_than_folds_there_is_one_fold_per_group():
    assert len(set(folds(groups=[f"place-{row % 5}" for row in range(103)]))) == 5


def test_the_fold_of_a_group_does_not_depend_on_the_order_of_rows():
    groups = [f"place-{row % 31}" for row in range(103)]
    order = np.random.default_rng(1).permutation(103)
    reordered = folds([IDS[row] for row in order], groups=[groups[row] for row in order])
    assert reordered.tolist() == folds(groups=groups)[order].tolist()


def test_rows_of_a_multi_label_task_are_stratified_by_their_rarest_label(task):
    y = np.zeros((40, 3))
    y[:, 0] = 1  # all rows
    y[:20, 1] = 1
    y[:5, 2] = 1  # the rarest label
    strata = strata_of(task("labels", y, "multilabel"))
    assert [len(set(strata[rows])) for rows in (slice(0, 5), slice(5, 20), slice(20, 40))] == [
        1
    ] * 3
    assert len(set(strata)) == 3
