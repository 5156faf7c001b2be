from __future__ import annotations

import pytest

from neucocore.components import catalogue
from neucocore.components.catalogue import KnownPlugin
from neucocore.components.discovery import Component, Installation, PluginRecord
from neucocore.components.lookup import (
    dataset_named,
    find,
    find_collection,
    find_for_spec,
    names,
)
from neucocore.components.specs import DatasetSpec, EncoderSpec, FileSource, TaskSpec
from neucocore.errors import AmbiguousComponentError, UnknownComponentError


def encoder(name: str, version: int = 1) -> EncoderSpec:
    return EncoderSpec(name=name, summary="s", factory="builtins:dict", version=version)


def plugin(name: str, *specs: EncoderSpec | TaskSpec, **more: object) -> PluginRecord:
    distribution = f"neuco-plugin-{name}"
    components = tuple(Component(spec, name, distribution, "1.0") for spec in specs)
    record = {"status": "loaded", "components": components} | more
    return PluginRecord(name, distribution, "1.0", f"{name}.plugin", **record)  # type: ignore[arg-type]


@pytest.fixture
def registry_with_ships(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the registry by one with a plugin that provides the encoder ``wake``."""
    ships = KnownPlugin("ships", "neuco-plugin-ships", "s", {"encoders": ("wake",)})
    monkeypatch.setattr(catalogue, "known_plugins", lambda: (ships,))


def test_a_name_without_version_means_the_newest() -> None:
    within = Installation((plugin("a", encoder("x", 1), encoder("x", 3), encoder("x", 2)),))
    assert find("encoder", "x", within).spec.version == 3


def test_a_version_can_be_selected() -> None:
    within = Installation((plugin("a", encoder("x", 1), encoder("x", 2)),))
    assert find("encoder", "x@1", within).spec.version == 1
    assert find("encoder", "a/x@2", within).spec.version == 2


def test_the_error_for_a_missing_version_lists_the_installed_ones() -> None:
    within = Installation((plugin("a", encoder("x", 1), encoder("x", 2)),))
    with pytest.raises(UnknownComponentError, match="unknown encoder 'x@7'; installed: x@1, x@2"):
        find("encoder", "x@7", within)


def test_the_error_for_an_ambiguous_name_lists_both_plugins() -> None:
    within = Installation((plugin("a", encoder("x")), plugin("b", encoder("x"))))
    with pytest.raises(AmbiguousComponentError) as caught:
        find("encoder", "x", within)
    assert "a/x (neuco-plugin-a), b/x (neuco-plugin-b)" in caught.value.message
    assert caught.value.hint == "use a/x or b/x"


def test_the_full_name_selects_one_of_two_plugins() -> None:
    within = Installation((plugin("a", encoder("x")), plugin("b", encoder("x"))))
    assert find("encoder", "b/x", within).plugin == "b"


def test_components_of_two_kinds_can_have_the_same_name() -> None:
    task = TaskSpec(name="x", summary="s", dataset="d", problem="regression", primary_metric="r2")
    within = Installation((plugin("a", encoder("x"), task),))
    assert find("task", "x", within).kind == "task"
    assert find("encoder", "x", within).kind == "encoder"


def test_the_error_for_an_unknown_name_suggests_similar_ones() -> None:
    within = Installation((plugin("a", encoder("temporal-mosaiks"), encoder("random")),))
    with pytest.raises(UnknownComponentError) as caught:
        find("encoder", "temporal-mosaik", within)
    assert caught.value.message.endswith("did you mean 'temporal-mosaiks'?")
    assert caught.value.hint == "neuco list encoders"


def test_the_error_for_an_unknown_full_name_suggests_full_names() -> None:
    within = Installation((plugin("a", encoder("random")),))
    with pytest.raises(UnknownComponentError, match="did you mean 'a/random'"):
        find("encoder", "a/randem", within)


def test_the_error_for_an_unknown_name_lists_the_plugins_that_failed() -> None:
    broken = plugin("b", status="failed", reason="ImportError: torch", components=())
    within = Installation((plugin("a", encoder("x")), broken))
    with pytest.raises(UnknownComponentError) as caught:
        find("encoder", "far-away", within)
    assert caught.value.problems == ("plugin b did not load: ImportError: torch",)


@pytest.mark.usefixtures("registry_with_ships")
def test_the_hint_gives_the_distribution_that_the_registry_lists() -> None:
    with pytest.raises(UnknownComponentError) as caught:
        find("encoder", "wake", Installation(()))
    assert caught.value.hint == "pip install neuco-plugin-ships (it provides the encoder 'wake')"


@pytest.mark.usefixtures("registry_with_ships")
def test_the_hint_for_a_blocked_plugin_is_not_to_install_it() -> None:
    blocked = plugin("ships", status="blocked", reason="blocked by X", components=())
    with pytest.raises(UnknownComponentError) as caught:
        find("encoder", "wake", Installation((blocked,)))
    assert caught.value.hint == "the plugin ships provides it, but is blocked by X"


@pytest.mark.usefixtures("registry_with_ships")
def test_the_hint_for_an_installed_plugin_is_to_upgrade_it() -> None:
    within = Installation((plugin("ships", encoder("other")),))
    with pytest.raises(UnknownComponentError) as caught:
        find("encoder", "wake", within)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("pip install --upgrade neuco-plugin-ships")


IN_SPEC = Installation(
    (
        plugin("core", encoder("r2"), encoder("rmse")),
        plugin("mine", encoder("r2")),
        plugin("yours", encoder("bias"), encoder("rmse")),
    )
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("r2", "mine/r2"),
        ("rmse", "core/rmse"),
        ("bias", "yours/bias"),
        ("yours/rmse", "yours/rmse"),
        ("r2@1", "mine/r2"),
    ],
    ids=["own plugin", "built in", "another plugin", "full name", "version"],
)
def test_a_name_in_a_spec_means_its_own_plugin_then_the_core_then_others(
    name: str, expected: str
) -> None:
    component = find_for_spec("encoder", name, plugin="mine", within=IN_SPEC)
    assert component.full_name == expected


def test_a_name_in_a_spec_that_only_other_plugins_provide_can_be_ambiguous() -> None:
    within = Installation((plugin("a", encoder("x")), plugin("b", encoder("x"))))
    with pytest.raises(AmbiguousComponentError):
        find_for_spec("encoder", "x", plugin="mine", within=within)


def test_names_are_sorted_and_distinct() -> None:
    within = Installation((plugin("b", encoder("x"), encoder("a")), plugin("c", encoder("x"))))
    assert names("encoder", within) == ["a", "x"]


def test_a_data_set_can_be_known_from_its_tasks_only() -> None:
    task = TaskSpec(
        name="t", summary="s", factory="builtins:dict", dataset="far", other_datasets=("near",),
        problem="regression", primary_metric="r2",
    )  # fmt: skip
    within = Installation((plugin("a", task),))
    assert [dataset_named(name, within) for name in ("far", "near")] == ["far", "near"]
    with pytest.raises(UnknownComponentError, match="unknown dataset 'nowhere'"):
        dataset_named("nowhere", within)


def dataset(name: str, *collections: str) -> DatasetSpec:
    sources = {c: FileSource(url=f"https://{name}/", revision="1", files=()) for c in collections}
    return DatasetSpec(name=name, summary="s", factory="builtins:dict", collections=sources)


def test_a_collection_is_found_by_its_name() -> None:
    within = Installation((plugin("a", dataset("cubes", "winners")),))  # type: ignore[arg-type]
    collection = find_collection("winners", within)
    assert collection is not None
    assert collection.url == "https://cubes/"
    assert find_collection("losers", within) is None


def test_a_collection_of_two_data_sets_is_named_with_its_data_set() -> None:
    both = dataset("one", "winners"), dataset("two", "winners")
    within = Installation((plugin("a", *both),))  # type: ignore[arg-type]
    with pytest.raises(AmbiguousComponentError) as caught:
        find_collection("winners", within)
    assert caught.value.hint == "use one of one/winners, two/winners"
    collection = find_collection("two/winners", within)
    assert collection is not None
    assert collection.url == "https://two/"
