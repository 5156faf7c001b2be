"""Putting a plugin and its components through all checks that apply."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from neucocore.components.discovery import Component, PluginRecord, installation
from neucocore.components.specs import Kind
from neucocore.errors import UnknownComponentError
from neucocore.messages import did_you_mean

# Importing a module of checks puts them into the list: the order here is the order of a report.
from neucocore.testing.imports import PluginContext  # isort: skip
from neucocore.testing.declarations import ComponentContext  # isort: skip
from neucocore.testing.datasets import DatasetContext  # isort: skip
from neucocore.testing.encoders import EncoderContext  # isort: skip
from neucocore.testing import tasks as _tasks  # noqa: F401  # isort: skip
from neucocore.testing.metrics import MetricContext  # isort: skip
from neucocore.testing.probes import ProbeContext  # isort: skip
from neucocore.testing.reducers import ReducerContext  # isort: skip
from neucocore.testing.records import CHECKS, Check, CheckRecord, Level, Status
from neucocore.testing.task_context import TaskContext

BENCH_OF_KIND: dict[Kind, type[ComponentContext]] = {
    "dataset": DatasetContext,
    "encoder": EncoderContext,
    "task": TaskContext,
    "metric": MetricContext,
    "probe": ProbeContext,
    "reducer": ReducerContext,
}
RAN = "checks-ran"
"""The check that something was checked at all."""


def check_plugin(name: str, *, without: Collection[str] = ()) -> list[CheckRecord]:
    """Put an installed plugin through all checks that apply to it.

    Parameters
    ----------
    name
        The plugin's name, as in ``neuco plugins list``.
    without
        Checks (``probe-scale``) or components (``encoder mine``) to leave out.

    Returns
    -------
    list of CheckRecord
        One record for each check of the plugin and of each of its components, skipped ones
        included, in a fixed order.

    Raises
    ------
    UnknownComponentError
        No such plugin is installed.
    """
    return [planned.record() for planned in plan(name, without)]


@dataclass(eq=False)
class PlannedCheck:
    """One check of one plugin or component, made when it is asked for and only once."""

    check: Check
    trial: Trial
    _record: CheckRecord | None = None

    @property
    def id(self) -> str:
        """``check`` or ``check[kind name]``, for reports."""
        said = self.trial.component
        return f"{self.check.id}[{said}]" if said else self.check.id

    def record(self) -> CheckRecord:
        """Make the check, or return what became of it."""
        if self._record is None:
            self._record = self.trial.run(self.check)
        return self._record


@dataclass(eq=False)
class Trial:
    """A context and whether what is on it could be made at all.

    Attributes
    ----------
    component
        ``kind name``, or empty for the plugin as a whole.
    """

    context: object
    component: str = ""
    unmade: str = field(default="", init=False)
    failed: set[str] = field(default_factory=set, init=False)

    def run(self, check: Check) -> CheckRecord:
        """Make a check; once something cannot be made, the checks that try it are skipped."""
        lost = [f"{need} failed" for need in check.needs if need in self.failed]
        if check.about != "component" and (self.unmade or lost):
            why = self.unmade or lost[0]
            return _record(check.id, self.component, "skipped", why, check.level)
        record = check.record(self.context, self.component)
        if record.status == "failed":
            self.failed.add(check.id)
        if record.status != "passed" and check.id in ("plugin-loads", f"{check.about}-made"):
            self.unmade = (
                f"{check.id} was skipped" if record.status == "skipped" else (f"{check.id} failed")
            )
        return record


def plan(name: str, without: Collection[str] = ()) -> list[PlannedCheck]:
    """Return the checks that apply to a plugin, without making any."""
    plugin = _plugin(name)
    whole = Trial(PluginContext(plugin))
    checks = [PlannedCheck(check, whole) for check in CHECKS if check.about == "plugin"]
    for component in plugin.components:
        checks += _of_component(component, plugin)
    chosen = [c for c in checks if not {c.check.id, c.trial.component} & set(without)]
    last = Check(RAN, "plugin", "must", lambda _: None)
    return [*chosen, _Ran(last, whole, planned=[c for c in chosen if c.trial is not whole])]


def _plugin(name: str) -> PluginRecord:
    plugins = installation().plugins
    for plugin in plugins:
        if plugin.name == name:
            return plugin
    hint = did_you_mean(name, [plugin.name for plugin in plugins])
    raise UnknownComponentError(
        f"no plugin {name!r} is installed" + (f"; {hint}" if hint else ""),
        hint="neuco plugins list",
    )


def _of_component(component: Component, plugin: PluginRecord) -> Iterator[PlannedCheck]:
    trial = Trial(
        BENCH_OF_KIND[component.kind](component, plugin), f"{component.kind} {component.name}"
    )
    for check in CHECKS:
        if check.about in ("component", component.kind):
            yield PlannedCheck(check, trial)


@dataclass(eq=False)
class _Ran(PlannedCheck):
    """The last check: every component that is declared was tried, not only looked at."""

    planned: Sequence[PlannedCheck] = ()

    def record(self) -> CheckRecord:
        tried: dict[str, list[str]] = {}
        for planned in self.planned:
            reasons = tried.setdefault(planned.trial.component, [])
            if planned.check.about != "component":
                record = planned.record()
                reasons.append("" if record.status != "skipped" else record.reason)
        untried = {who: reasons[0] for who, reasons in tried.items() if all(reasons)}
        if not untried:
            return _record(RAN, "", "passed", "", "must")
        said = "; ".join(f"{who}: {reason}" for who, reason in untried.items())
        return _record(RAN, "", "failed", f"not one check could try {said}", "must")


def _record(check: str, component: str, status: Status, reason: str, level: Level) -> CheckRecord:
    return CheckRecord(check, component, level, status, reason, 0.0)
