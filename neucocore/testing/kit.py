"""Run all checks that apply to a plugin and its components."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from neucocore.components.discovery import Component, PluginRecord, installation
from neucocore.components.entry_points import COMMANDS, PLUGINS, entry_points
from neucocore.components.specs import Kind
from neucocore.errors import UnknownComponentError
from neucocore.messages import did_you_mean

# Importing a module adds its checks to the list: the order here is the order of a report.
from neucocore.testing.imports import DISTRIBUTION_PREFIX, PluginContext  # isort: skip
from neucocore.testing.declarations import ComponentContext  # isort: skip
from neucocore.testing.datasets import DatasetContext  # isort: skip
from neucocore.testing.encoders import EncoderContext  # isort: skip
from neucocore.testing import tasks as _tasks  # noqa: F401  # isort: skip
from neucocore.testing.metrics import MetricContext  # isort: skip
from neucocore.testing.probes import ProbeContext  # isort: skip
from neucocore.testing.reducers import ReducerContext  # isort: skip
from neucocore.testing.protocols import ProtocolContext  # isort: skip
from neucocore.testing.suites import SuiteContext  # isort: skip
from neucocore.testing.records import CHECKS, Check, CheckRecord, CheckStatus, Level
from neucocore.testing.task_context import TaskContext

CONTEXT_OF_KIND: dict[Kind, type[ComponentContext]] = {
    "dataset": DatasetContext,
    "encoder": EncoderContext,
    "task": TaskContext,
    "metric": MetricContext,
    "probe": ProbeContext,
    "reducer": ReducerContext,
    "protocol": ProtocolContext,
    "suite": SuiteContext,
}
CHECKS_RAN = "checks-ran"
"""The check that every component was tested."""


def check_plugin(name: str, *, without: Collection[str] = ()) -> list[CheckRecord]:
    """Run all checks that apply to an installed plugin.

    Parameters
    ----------
    name
        The plugin's name, as in ``neuco plugins list``.
    without
        Checks (``probe-scale``) or components (``encoder mine``) to leave out.

    Returns
    -------
    list of CheckRecord
        One record per check of the plugin and of each of its components, skipped ones included, in
        a fixed order.

    Raises
    ------
    UnknownComponentError
        No plugin of this name is installed.
    """
    return [planned.record() for planned in plan(name, without)]


@dataclass(eq=False)
class PlannedCheck:
    """One check of a plugin or of one component; it runs at most once."""

    check: Check
    subject: CheckedSubject
    _record: CheckRecord | None = None

    @property
    def id(self) -> str:
        """``check`` or ``check[kind name]``, for reports."""
        component = self.subject.component
        return f"{self.check.id}[{component}]" if component else self.check.id

    def record(self) -> CheckRecord:
        """Run the check, or return the result if it has run before."""
        if self._record is None:
            self._record = self.subject.run(self.check)
        return self._record


@dataclass(eq=False)
class CheckedSubject:
    """A plugin or a component while it is checked.

    Attributes
    ----------
    component
        ``kind name``, or empty for the plugin itself.
    unusable
        Why nothing more can be tested, once the plugin could not be loaded or the component could
        not be created.
    failed
        Ids of the checks that failed.
    """

    context: object
    component: str = ""
    unusable: str = field(default="", init=False)
    failed: set[str] = field(default_factory=set, init=False)

    def run(self, check: Check) -> CheckRecord:
        """Run a check, or skip it if a check that it needs has failed."""
        reason = self.unusable or next(
            (f"{needed} failed" for needed in check.needs if needed in self.failed), ""
        )
        if reason and check.about != "component":
            return _record(check.id, self.component, "skipped", reason, check.level)
        record = check.record(self.context, self.component)
        if record.status == "failed":
            self.failed.add(check.id)
        if record.status != "passed" and check.id in ("plugin-loads", f"{check.about}-created"):
            outcome = "was skipped" if record.status == "skipped" else "failed"
            self.unusable = f"{check.id} {outcome}"
        return record


def plan(name: str, without: Collection[str] = ()) -> list[PlannedCheck]:
    """Return the checks that apply to a plugin, without running them."""
    plugin = _find_plugin(name)
    commands_only = plugin not in installation().plugins
    subject = CheckedSubject(PluginContext(plugin, commands_only=commands_only))
    checks = [PlannedCheck(check, subject) for check in CHECKS if check.about == "plugin"]
    for component in plugin.components:
        checks += _component_checks(component, plugin)
    selected = [c for c in checks if not {c.check.id, c.subject.component} & set(without)]
    last = Check(CHECKS_RAN, "plugin", "must", lambda _: None)
    of_components = [c for c in selected if c.subject is not subject]
    return [*selected, _ChecksRan(last, subject, planned=of_components)]


def _find_plugin(name: str) -> PluginRecord:
    plugins = installation().plugins
    for plugin in plugins:
        if plugin.name == name:
            return plugin
    commands = _commands_only()
    if name in commands:
        return commands[name]
    suggestion = did_you_mean(name, [*(plugin.name for plugin in plugins), *commands])
    raise UnknownComponentError(
        f"no plugin {name!r} is installed" + (f"; {suggestion}" if suggestion else ""),
        hint="neuco plugins list",
    )


def _commands_only() -> dict[str, PluginRecord]:
    """Return the distributions that add commands and have no plugin module, by plugin name."""
    others = {entry.distribution for entry in entry_points(PLUGINS)}
    return {
        name: PluginRecord(
            name=name,
            distribution=entry.distribution,
            version=entry.version,
            origin=entry.value.partition(":")[0],
            status="loaded",
        )
        for entry in entry_points(COMMANDS)
        if entry.distribution not in others
        for name in [entry.distribution.lower().removeprefix(DISTRIBUTION_PREFIX)]
    }


def _component_checks(component: Component, plugin: PluginRecord) -> Iterator[PlannedCheck]:
    context = CONTEXT_OF_KIND[component.kind](component, plugin)
    subject = CheckedSubject(context, f"{component.kind} {component.name}")
    for check in CHECKS:
        if check.about in ("component", component.kind):
            yield PlannedCheck(check, subject)


@dataclass(eq=False)
class _ChecksRan(PlannedCheck):
    """The last check: for every component, a check of its behaviour ran."""

    planned: Sequence[PlannedCheck] = ()

    def record(self) -> CheckRecord:
        reasons: dict[str, list[str]] = {}
        for planned in self.planned:
            skipped = reasons.setdefault(planned.subject.component, [])
            if planned.check.about != "component":
                record = planned.record()
                skipped.append(record.reason if record.status == "skipped" else "")
        untested = {
            component: next(iter(skipped), "its checks are left out")
            for component, skipped in reasons.items()
            if all(skipped)
        }
        if not untested:
            return _record(CHECKS_RAN, "", "passed", "", "must")
        text = "; ".join(f"{component}: {reason}" for component, reason in untested.items())
        return _record(CHECKS_RAN, "", "failed", f"no check could test {text}", "must")


def _record(
    check: str, component: str, status: CheckStatus, reason: str, level: Level
) -> CheckRecord:
    return CheckRecord(check, component, level, status, reason, 0.0)
