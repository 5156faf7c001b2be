"""Names that several plugins have: which is meant, and that they are reported."""

from __future__ import annotations

import pytest

from neucocore.components import catalogue
from neucocore.components.catalogue import KnownPlugin
from neucocore.components.clashes import clashes
from neucocore.components.discovery import CORE, Component, Installation, PluginRecord
from neucocore.components.lookup import find_for_spec
from neucocore.components.specs import ComponentSpec, MetricSpec, TaskSpec
from neucocore.errors import AmbiguousComponentError, UnknownComponentError


def metric(name: str, version: int = 1) -> MetricSpec:
    return MetricSpec(
        name=name, summary="s", factory="builtins:max", problems=("regression",), version=version
    )


def task(name: str, *aliases: str, dataset: str = "toy") -> TaskSpec:
    return TaskSpec(
        name=name,
        summary="s",
        dataset=dataset,
        problem="regression",
        primary_metric="r2",
        aliases=aliases,
    )


def plugin(name: str, *specs: ComponentSpec) -> PluginRecord:
    components = tuple(Component(spec, name, f"neuco-plugin-{name}", "1.0") for spec in specs)
    return PluginRecord(name, f"neuco-plugin-{name}", "1.0", name, "loaded", components=components)


@pytest.mark.parametrize(
    ("providers", "own", "meant"),
    [
        ((CORE, "a", "b", "listed"), "b", "b"),
        ((CORE, "a", "b", "listed"), "c", CORE),
        (("a", "b", "listed"), "c", "listed"),
        (("a",), "c", "a"),
    ],
)
def test_a_name_in_a_spec_means_own_plugin_core_registry(
    monkeypatch: pytest.MonkeyPatch, providers: tuple[str, ...], own: str, meant: str
) -> None:
    known = KnownPlugin("listed", "neuco-plugin-listed", "s", {"metrics": ("r2",)})
    monkeypatch.setattr(catalogue, "known_plugins", lambda: (known,))
    within = Installation(tuple(plugin(name, metric("r2")) for name in providers))
    assert find_for_spec("metric", "r2", plugin=own, within=within).plugin == meant


def test_a_name_in_a_spec_that_remains_ambiguous_is_an_error() -> None:
    within = Installation((plugin("a", metric("x")), plugin("b", metric("x"))))
    with pytest.raises(AmbiguousComponentError, match="several plugins provide the metric 'x'"):
        find_for_spec("metric", "x", plugin="c", within=within)


def test_a_version_that_the_own_plugin_lacks_is_looked_for_elsewhere() -> None:
    within = Installation((plugin("a", metric("x", 1)), plugin("b", metric("x", 2))))
    assert find_for_spec("metric", "x@2", plugin="a", within=within).plugin == "b"
    with pytest.raises(UnknownComponentError, match="installed: x@1, x@2"):
        find_for_spec("metric", "x@3", plugin="a", within=within)


def test_names_of_several_plugins_are_reported_with_what_they_mean() -> None:
    within = Installation(
        (
            plugin(CORE, metric("r2")),
            plugin("a", metric("r2"), metric("x")),
            plugin("b", metric("x")),
        )
    )
    assert [str(clash) for clash in clashes(within)] == [
        "the metric 'r2' belongs to a/r2, core/r2; on the command line, use plugin/name; specs "
        "of other plugins mean core/r2",
        "the metric 'x' belongs to a/x, b/x; use plugin/name",
    ]


def test_one_name_of_different_kinds_or_versions_is_no_clash() -> None:
    within = Installation((plugin("a", metric("x"), metric("x", 2)), plugin("b", task("x"))))
    assert clashes(within) == []


def test_label_files_that_several_tasks_claim_are_reported() -> None:
    within = Installation(
        (plugin("a", task("oak", "wood")), plugin("b", task("tree", "wood"), task("elm")))
    )
    (clash,) = clashes(within)
    assert clash.plugins == {"a", "b"}
    assert str(clash) == (
        "the label file wood__*.csv of toy belongs to a/oak, b/tree; choose a task with --tasks "
        "plugin/name"
    )
    other = Installation(
        (plugin("a", task("oak", "wood")), plugin("b", task("t", "wood", dataset="x")))
    )
    assert clashes(other) == []
