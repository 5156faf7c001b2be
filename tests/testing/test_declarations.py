"""Every check of a declaration and of an import, seen to fail on what it is there for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from neucocore.components.discovery import Component, PluginRecord, add_plugin_paths, forget
from neucocore.plugin import EncoderSpec, Param
from neucocore.testing import check_plugin
from neucocore.testing.declarations import ComponentContext
from neucocore.testing.imports import PluginContext
from neucocore.testing.records import CHECKS, CheckRecord

MINE = PluginRecord("mine", "neuco-plugin-mine", "1", "neuco_plugin_mine.plugin", "loaded")
SPEC = EncoderSpec(name="x", summary="s", factory="neuco_plugin_mine.encoder:Encoder")


def judged(check_id: str, context: object) -> CheckRecord:
    (check,) = [check for check in CHECKS if check.id == check_id]
    return check.record(context)


def of_spec(check_id: str, spec: EncoderSpec) -> CheckRecord:
    component = Component(spec, "mine", "neuco-plugin-mine", "1")
    return judged(check_id, ComponentContext(component, MINE))


def takes_seed(*, seed: int = 0) -> int:
    return seed


NOT_CALLABLE = 7


def test_a_spec_of_a_local_function_cannot_be_pickled() -> None:
    record = of_spec("spec-picklable", replace(SPEC, factory=lambda: None))
    assert record.status == "failed"
    assert "name code by a text 'module:attribute'" in record.reason
    assert of_spec("spec-picklable", SPEC).status == "passed"


class OnlyItself:
    """Equal to nothing but itself, so that a copy is something else."""


def test_a_default_that_comes_back_as_something_else_is_named() -> None:
    spec = replace(SPEC, params=(Param("odd", "str", OnlyItself(), "a default"),))
    record = of_spec("spec-picklable", spec)
    assert record.status == "failed"
    assert record.reason == "a pickled spec comes back as something else"


@pytest.mark.parametrize(
    ("factory", "said"),
    [(takes_seed, "not a text"), ("numpy:zeros", "not in the plugin's own package")],
    ids=["a function", "another package"],
)
def test_a_factory_that_is_not_the_plugin_s_own_is_named(factory: object, said: str) -> None:
    record = of_spec("factory-own", replace(SPEC, factory=factory))  # type: ignore[arg-type]
    assert record.status == "failed"
    assert said in record.reason
    assert of_spec("factory-own", SPEC).status == "passed"


@pytest.mark.parametrize("name", ["NOT_CALLABLE", "not_there"])
def test_a_factory_that_cannot_be_called_is_named(name: str) -> None:
    assert of_spec("factory-resolves", replace(SPEC, factory=f"{__name__}:{name}")).broken
    assert not of_spec("factory-resolves", replace(SPEC, factory=f"{__name__}:takes_seed")).broken


@pytest.mark.parametrize(("name", "broken"), [("seed", False), ("sede", True)])
def test_a_parameter_the_code_does_not_take_is_named(name: str, broken: bool) -> None:
    params = (Param(name, "int", 0, "where noise starts"),)
    spec = replace(SPEC, factory=f"{__name__}:takes_seed", params=params)
    assert of_spec("parameters-accepted", spec).broken == broken


@pytest.mark.parametrize(
    ("record", "broken"),
    [
        (MINE, False),
        (replace(MINE, distribution="mine"), True),
        (replace(MINE, origin="mine.plugin"), True),
    ],
    ids=["as it should be", "distribution", "module"],
)
def test_names_that_do_not_follow_the_plugin_s_are_named(
    record: PluginRecord, broken: bool
) -> None:
    assert judged("plugin-names", PluginContext(record)).broken == broken


def test_a_distribution_that_does_not_require_the_core_is_named() -> None:
    record = judged("plugin-requires-core", PluginContext(replace(MINE, distribution="pytest")))
    assert record.broken
    assert "add 'neucocore>=0.1,<0.2'" in record.reason


@pytest.fixture
def plugin_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Return a function that makes a plugin of one file, with a line of its own at the top."""
    monkeypatch.setenv("NEUCO_PLUGIN_PATH", "")

    def make(name: str, line: str) -> str:
        file = tmp_path / f"{name}.py"
        file.write_text(
            f"{line}\n"
            "from neucocore.plugin import EncoderSpec, hookimpl\n"
            "NEUCO_API = 1\n"
            "@hookimpl\n"
            "def neuco_encoders():\n"
            "    return [EncoderSpec(name='x', summary='s', factory=dict)]\n"
        )
        add_plugin_paths([file])
        return name

    yield make
    monkeypatch.undo()
    forget()


@pytest.mark.parametrize(
    ("name", "line", "check"),
    [
        ("prints", "print('hello')", "import-silent"),
        (
            "starts",
            "import subprocess, sys; subprocess.run([sys.executable, '-c', ''], check=True)",
            "import-processes",
        ),
        ("reaches", "from neucocore.data.ids import bare_id", "public-imports"),
    ],
    ids=["prints", "starts", "reaches"],
)
def test_what_importing_a_plugin_must_not_do_is_named(
    plugin_file: Callable[..., str], name: str, line: str, check: str
) -> None:
    records = check_plugin(plugin_file(name, line))
    of_imports = {"import-silent", "import-processes", "public-imports"}
    assert {record.id for record in records if record.broken} & of_imports == {check}
