"""Checks of suites: that they can be scored where their tasks are installed."""

from __future__ import annotations

from typing import cast

from neucocore.components.discovery import installation
from neucocore.components.lookup import find_for_spec
from neucocore.components.specs import SuiteSpec, TaskSpec
from neucocore.evaluation.protocols import ChosenProtocol
from neucocore.evaluation.split_rule import parse_split
from neucocore.testing.declarations import ComponentContext
from neucocore.testing.records import Skip, check, require


class SuiteContext(ComponentContext):
    """A suite."""

    @property
    def suite(self) -> SuiteSpec:
        """The spec."""
        return cast(SuiteSpec, self.spec)


@check("suite-protocol", "suite")
def suite_protocol(context: SuiteContext) -> None:
    """Its protocol is installed in this version and accepts the options."""
    component = find_for_spec("protocol", context.suite.protocol, plugin=context.plugin.name)
    ChosenProtocol(component).with_options(context.suite.options)


@check("suite-split", "suite")
def suite_split(context: SuiteContext) -> None:
    """Its split is a rule, and names its file, if it has one, without a folder."""
    split = parse_split(context.suite.split)
    require(
        split.file is None or split.file.name == str(split.file),
        f"the split names {split.file}; a file is looked for next to the labels, by its name only",
    )


@check("suite-tasks", "suite")
def suite_tasks(context: SuiteContext) -> None:
    """Those of its tasks that are installed have its versions, and labels for its data set."""
    names = {component.name for component in installation().components("task")}
    absent = []
    for task in context.suite.tasks:
        if task.name.partition("@")[0] not in names:
            absent.append(task.name)
            continue
        component = find_for_spec("task", task.name, plugin=context.plugin.name)
        spec = cast(TaskSpec, component.spec)
        require(
            context.suite.dataset in (spec.dataset, *spec.other_datasets),
            f"the task {task.name} has no labels for the data set {context.suite.dataset}",
        )
    if absent:
        raise Skip(f"no installed plugin offers {', '.join(absent)}")


@check("suite-digests", "suite", level="should")
def suite_digests(context: SuiteContext) -> None:
    """It records the digest of the labels of every task, and that of the ids."""
    missing = [task.name for task in context.suite.tasks if not task.labels]
    if context.suite.ids is None or not context.suite.ids.sha256:
        missing.append("the ids")
    require(not missing, f"no digest of {', '.join(missing)}: changed labels are not noticed")
