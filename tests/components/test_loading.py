"""Loading one plugin's module: what pluggy checks, and what it leaves to us."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from pluggy import PluginManager

from neucocore.components.loading import load_specs, plugin_manager
from neucocore.errors import IncompatiblePluginError, PluginError, SpecError
from neucocore.plugin import EncoderSpec, hookimpl

SPEC = EncoderSpec(name="mine", summary="s", factory="builtins:dict")


@pytest.fixture
def manager() -> PluginManager:
    return plugin_manager()


def plugin(name: str = "plugin", **attributes: Any) -> ModuleType:
    module = ModuleType(name)
    vars(module).update({"NEUCO_API": 1} | attributes)
    return module


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    return [SPEC]


def registers(manager: PluginManager, module: ModuleType) -> bool:
    """Return whether pluggy alone accepts the plugin."""
    manager.register(module, "mine")
    manager.check_pending()
    manager.unregister(name="mine")
    return True


def test_the_specs_of_a_plugin_are_what_its_hooks_return(manager: PluginManager) -> None:
    assert load_specs(plugin(neuco_encoders=neuco_encoders), "mine", manager) == [SPEC]


def test_a_hook_can_be_declared_under_another_name(manager: PluginManager) -> None:
    @hookimpl(specname="neuco_encoders")
    def my_encoders() -> list[EncoderSpec]:
        return [SPEC]

    assert load_specs(plugin(my_encoders=my_encoders), "mine", manager) == [SPEC]


def test_pluggy_reports_a_decorated_function_that_is_not_a_hook(manager: PluginManager) -> None:
    @hookimpl
    def neuco_encoder() -> list[EncoderSpec]:
        return [SPEC]

    with pytest.raises(
        PluginError, match=r"unknown hook 'neuco_encoder'.*did you mean 'neuco_enco"
    ):
        load_specs(plugin(neuco_encoder=neuco_encoder), "mine", manager)


def test_pluggy_reports_an_argument_that_the_hook_does_not_have(manager: PluginManager) -> None:
    @hookimpl
    def neuco_encoders(dimension: int) -> list[EncoderSpec]:
        return [SPEC]

    with pytest.raises(PluginError, match=r"{'dimension'} are declared in the hookimpl but can no"):
        load_specs(plugin(neuco_encoders=neuco_encoders), "mine", manager)


def test_pluggy_accepts_an_argument_with_a_default_which_nothing_would_pass(
    manager: PluginManager,
) -> None:
    @hookimpl
    def neuco_encoders(dimension: int = 8) -> list[EncoderSpec]:
        return [SPEC]

    module = plugin(neuco_encoders=neuco_encoders)
    assert registers(manager, module)
    with pytest.raises(PluginError, match=r"neuco_encoders takes arguments \(dimension\)"):
        load_specs(module, "mine", manager)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"neuco_encoders": lambda: [SPEC]}, "neuco_encoders is not decorated with @hookimpl"),
        ({"neuco_encoder": lambda: [SPEC]}, "neuco_encoder is not a hook; did you mean 'neuco_e"),
        ({"neuco_show_map": lambda: [SPEC]}, "neuco_show_map is not a hook; rename it"),
        ({"neuco_encoders": [SPEC]}, "neuco_encoders is not a function but of type list"),
    ],
    ids=["no decorator", "misspelt, no decorator", "unknown, no decorator", "a list"],
)
def test_pluggy_ignores_what_only_looks_like_a_hook(
    manager: PluginManager, attributes: dict[str, Any], message: str
) -> None:
    module = plugin(**attributes)
    assert registers(manager, module)
    with pytest.raises(PluginError, match=message):
        load_specs(module, "mine", manager)


def test_pluggy_accepts_a_plugin_without_hooks(manager: PluginManager) -> None:
    module = plugin()
    assert registers(manager, module)
    with pytest.raises(PluginError, match="it provides no component: implement one of neuco_data"):
        load_specs(module, "mine", manager)


@pytest.mark.parametrize(
    ("api", "message"),
    [
        (None, "does not define NEUCO_API; add `NEUCO_API = 1`"),
        (99, "is written for plugin API 99; this version of neucocore supports 1"),
    ],
)
def test_pluggy_knows_no_api_number(manager: PluginManager, api: int | None, message: str) -> None:
    module = plugin(NEUCO_API=api, neuco_encoders=neuco_encoders)
    assert registers(manager, module)
    with pytest.raises(IncompatiblePluginError, match=message):
        load_specs(module, "mine", manager)


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (None, r"neuco_tasks\(\) returned NoneType, not a list of specs"),
        ({"mine": SPEC}, r"neuco_tasks\(\) returned dict, not a list of specs"),
        ([SPEC], r"neuco_tasks\(\) returned EncoderSpec mine; expected a TaskSpec"),
        (["mine"], r"neuco_tasks\(\) returned str; expected a TaskSpec"),
    ],
    ids=["nothing", "a mapping", "another kind", "a string"],
)
def test_pluggy_passes_on_whatever_a_hook_returns(
    manager: PluginManager, returned: Any, message: str
) -> None:
    @hookimpl
    def neuco_tasks() -> Any:
        return returned

    module = plugin(neuco_tasks=neuco_tasks)
    assert registers(manager, module)
    with pytest.raises(SpecError, match=message):
        load_specs(module, "mine", manager)


def test_a_component_must_not_be_returned_twice(manager: PluginManager) -> None:
    @hookimpl
    def neuco_encoders() -> list[EncoderSpec]:
        return [SPEC, SPEC]

    with pytest.raises(SpecError, match=r"neuco_encoders\(\) returned mine@1 twice"):
        load_specs(plugin(neuco_encoders=neuco_encoders), "mine", manager)


def test_a_generator_is_not_a_list_of_specs(manager: PluginManager) -> None:
    @hookimpl
    def neuco_encoders() -> Iterator[EncoderSpec]:
        yield SPEC

    with pytest.raises(SpecError, match="returned generator, not a list of specs"):
        load_specs(plugin(neuco_encoders=neuco_encoders), "mine", manager)


def test_a_hook_that_raises_would_hide_all_plugins_if_pluggy_called_them_together(
    manager: PluginManager,
) -> None:
    @hookimpl(specname="neuco_encoders")
    def broken() -> list[EncoderSpec]:
        raise KeyError("weights")

    assert load_specs(plugin("first", neuco_encoders=neuco_encoders), "first", manager) == [SPEC]
    with pytest.raises(PluginError, match=r"neuco_encoders\(\) raised KeyError: 'weights'"):
        load_specs(plugin("second", broken=broken), "second", manager)
    assert load_specs(plugin("third", neuco_encoders=neuco_encoders), "third", manager) == [SPEC]
    with pytest.raises(KeyError):
        manager.hook.neuco_encoders()


def test_a_module_is_loaded_as_one_plugin_only(manager: PluginManager) -> None:
    module = plugin(neuco_encoders=neuco_encoders)
    load_specs(module, "mine", manager)
    with pytest.raises(PluginError, match="the module plugin is already loaded as plugin mine"):
        load_specs(module, "yours", manager)
