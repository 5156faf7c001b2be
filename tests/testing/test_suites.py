from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from neucocore.components.specs import ComponentSpec, IdSet, SuiteSpec, SuiteTask
from neucocore.testing import check_plugin

VALID = SuiteSpec(
    name="x",
    summary="s",
    dataset="synthetic-earth",
    tasks=(SuiteTask("landcover-forest@1", "0" * 64, 5),),
    ids=IdSet(5, "0" * 64),
    protocol="nested-cv@1",
    options={"folds": 5},
)


def test_a_valid_suite_passes(broken_checks: Callable[[ComponentSpec], set[str]]) -> None:
    assert broken_checks(VALID) == set()


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"protocol": "nested-cv@99"}, "suite-protocol"),
    ({"protocol": "no-such-protocol@1"}, "suite-protocol"),
    ({"options": {"fold": 5}}, "suite-protocol"),
    ({"options": {"folds": 1}}, "suite-protocol"),
    ({"options": {"probe": "no-such-probe"}}, "suite-protocol"),
    ({"split": "by place"}, "suite-split"),
    ({"split": "group:tables/places.csv:place"}, "suite-split"),
    ({"tasks": (SuiteTask("landcover-forest@99", "0" * 64),)}, "suite-tasks"),
    ({"dataset": "ships"}, "suite-tasks"),
    ({"tasks": (SuiteTask("landcover-forest@1"),)}, "suite-digests"),
    ({"ids": None}, "suite-digests"),
    ({"ids": IdSet(5)}, "suite-digests"),
]


@pytest.mark.parametrize(("change", "check"), CHANGES, ids=str)
def test_a_suite_that_cannot_be_scored_fails_its_check(
    broken_checks: Callable[[ComponentSpec], set[str]], change: dict[str, Any], check: str
) -> None:
    assert broken_checks(replace(VALID, **change)) == {check}


def test_tasks_that_are_not_installed_are_not_checked(
    broken_checks: Callable[[ComponentSpec], set[str]],
) -> None:
    tasks = (SuiteTask("no-such-task@1", "0" * 64), *VALID.tasks)
    assert broken_checks(replace(VALID, tasks=tasks)) == set()
    tasks = (SuiteTask("no-such-task@1", "0" * 64), SuiteTask("nodata@99", "0" * 64))
    assert broken_checks(replace(VALID, tasks=tasks)) == {"suite-tasks"}


@pytest.mark.parametrize("plugin", ["synthetic-earth", "ssl4eo-s12"])
def test_the_suites_of_this_repository_are_checked(plugin: str) -> None:
    records = [r for r in check_plugin(plugin) if r.component.startswith("suite ")]
    status = {record.id: record.status for record in records}
    assert status["suite-protocol"] == status["suite-split"] == status["suite-tasks"] == "passed"
