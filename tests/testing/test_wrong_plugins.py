"""For each plugin that breaks a promise, the check of this promise fails."""

from __future__ import annotations

import pytest

from neucocore.testing import check_plugin

CHECK_OF = {
    "hidden-transduction": "encoder-history",
    "lost-order": "encoder-order",
    "not-a-number": "encoder-finite",
    "network-at-import": "import-network",
    "leaking-split": "task-splits",
    "wrong-direction": "metric-direction",
    "wrong-chance": "metric-chance",
    "wrong-influence": "metric-influence",
    "heavy-import": "import-light",
    "global-seed": "encoder-global-random",
    "depends-on-batch": "encoder-batch-size",
    "writes-files": "import-files",
    "reducer-not-counted": "encoder-dependence",
    "hidden-fit": "encoder-dependence",
    "undeclared-modality": "encoder-shape",
    "one-sensor": "encoder-forms",
    "fills-gaps": "encoder-input",
    "four-dates": "encoder-forms",
    "refuses-sensors": "encoder-forms",
    "scales-by-batch": "encoder-forms-neighbours",
    "infinite-metric": "metric-degenerate",
    "names-no-files": "dataset-files",
    "names-missing-files": "dataset-files",
    "lists-files": "dataset-files",
    "names-half-the-files": "dataset-files",
}
OTHER_CHECKS = {
    # It subtracts the mean of all cubes seen so far, so batches matter as well.
    "hidden-transduction": {"encoder-batch-size", "encoder-neighbours"},
    "hidden-fit": {"reducer-fitted"},
    "not-a-number": {"encoder-empty-cube"},
}


@pytest.mark.usefixtures("with_wrong_plugins")
@pytest.mark.parametrize(("plugin", "check"), CHECK_OF.items(), ids=list(CHECK_OF))
def test_a_broken_promise_fails_its_check(plugin: str, check: str) -> None:
    broken = {record.id for record in check_plugin(plugin) if record.broken}
    assert broken == {check} | OTHER_CHECKS.get(plugin, set())


@pytest.mark.usefixtures("with_wrong_plugins")
def test_the_name_of_another_plugins_component_is_reported() -> None:
    records = [record for record in check_plugin("takes-names") if record.status == "failed"]
    (failed,) = records
    assert failed.id == "spec-unique-name"
    assert "core/rmse" in failed.reason
    assert "takes-names/rmse" in failed.reason


@pytest.mark.usefixtures("with_wrong_plugins")
@pytest.mark.parametrize(
    ("plugin", "reason"),
    [
        ("names-no-files", "{}, not a mapping"),
        ("lists-files", "not a mapping of names to files"),
        ("names-missing-files", "which does not exist"),
        ("names-half-the-files", "with these alone the cube cannot be read"),
    ],
)
def test_what_is_wrong_with_the_files_of_a_cube_is_stated(plugin: str, reason: str) -> None:
    (record,) = [each for each in check_plugin(plugin) if each.id == "dataset-files"]
    assert reason in record.reason
