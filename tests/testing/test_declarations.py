"""Every check of declarations and imports fails on the mistake that it is for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from neucocore.components.discovery import Component, PluginRecord, add_plugin_paths, forget
from neucocore.components.specs import ComponentSpec
from neucocore.plugin import EncoderSpec, LabelSource, Param, TaskSpec
from neucocore.testing import check_plugin
from neucocore.testing.declarations import ComponentContext
from neucocore.testing.imports import PluginContext
from neucocore.testing.records import CHECKS, CheckRecord
from neucocore.testing.task_context import TaskContext

MINE = PluginRecord("mine", "neuco-plugin-mine", "1", "neuco_plugin_mine.plugin", "loaded")
SPEC = EncoderSpec(name="x", summary="s", factory="neuco_plugin_mine.encoder:Encoder")


def run_check(check_id: str, context: object) -> CheckRecord:
    (check,) = [check for check in CHECKS if check.id == check_id]
    return check.record(context)


def check_spec(check_id: str, spec: ComponentSpec) -> CheckRecord:
    component = Component(spec, "mine", "neuco-plugin-mine", "1")
    return run_check(check_id, ComponentContext(component, MINE))


def takes_seed(*, seed: int = 0) -> int:
    return seed


NOT_CALLABLE = 7


def test_a_spec_of_a_local_function_cannot_be_pickled() -> None:
    record = check_spec("spec-picklable", replace(SPEC, factory=lambda: None))
    assert record.status == "failed"
    assert "name code with a string 'module:attribute'" in record.reason
    assert check_spec("spec-picklable", SPEC).status == "passed"


class EqualToNothingElse:
    """Equal only to itself, so that a copy is different."""


def test_a_default_must_be_equal_after_pickling() -> None:
    spec = replace(SPEC, params=(Param("name", "str", EqualToNothingElse(), "a default"),))
    record = check_spec("spec-picklable", spec)
    assert record.status == "failed"
    assert record.reason == "the spec is not equal after pickling"


@pytest.mark.parametrize(
    ("factory", "reason"),
    [(takes_seed, "not a string"), ("numpy:zeros", "not in the plugin's package")],
    ids=["a function", "another package"],
)
def test_a_factory_must_be_code_of_the_plugin(factory: object, reason: str) -> None:
    record = check_spec("factory-own", replace(SPEC, factory=factory))  # type: ignore[arg-type]
    assert record.status == "failed"
    assert reason in record.reason
    assert check_spec("factory-own", SPEC).status == "passed"


@pytest.mark.parametrize("name", ["NOT_CALLABLE", "not_there"])
def test_a_factory_must_be_callable(name: str) -> None:
    assert check_spec("factory-resolves", replace(SPEC, factory=f"{__name__}:{name}")).broken
    assert not check_spec(
        "factory-resolves", replace(SPEC, factory=f"{__name__}:takes_seed")
    ).broken


@pytest.mark.parametrize(("name", "broken"), [("seed", False), ("sede", True)])
def test_the_factory_must_accept_every_parameter(name: str, broken: bool) -> None:
    params = (Param(name, "int", 0, "seed"),)
    spec = replace(SPEC, factory=f"{__name__}:takes_seed", params=params)
    assert check_spec("parameters-accepted", spec).broken == broken


@pytest.mark.parametrize(
    ("record", "broken"),
    [
        (MINE, False),
        (replace(MINE, distribution="mine"), True),
        (replace(MINE, origin="mine.plugin"), True),
    ],
    ids=["valid", "distribution", "module"],
)
def test_the_distribution_and_module_must_be_named_after_the_plugin(
    record: PluginRecord, broken: bool
) -> None:
    assert run_check("plugin-names", PluginContext(record)).broken == broken


def test_the_distribution_must_require_the_core() -> None:
    record = run_check("plugin-requires-core", PluginContext(replace(MINE, distribution="pytest")))
    assert record.broken
    assert "add 'neucocore>=0.1,<0.2'" in record.reason


@pytest.fixture
def plugin_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Return a function that writes a plugin in a single file, with a given first line."""
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
        ("private", "from neucocore.data.ids import bare_id", "public-imports"),
    ],
    ids=["prints", "starts a program", "imports a private module"],
)
def test_importing_a_plugin_must_have_no_side_effects(
    plugin_file: Callable[..., str], name: str, line: str, check: str
) -> None:
    records = check_plugin(plugin_file(name, line))
    of_imports = {"import-silent", "import-processes", "public-imports"}
    assert {record.id for record in records if record.broken} & of_imports == {check}


@pytest.mark.parametrize(
    "fields",
    [{"summary": "say here what it does"}, {"citation": "Your Name, 2026"}, {"summary": "TODO"}],
    ids=lambda fields: "".join(fields),
)
def test_a_placeholder_in_a_spec_is_reported(fields: dict[str, str]) -> None:
    record = check_spec("spec-finished", replace(SPEC, **fields))  # type: ignore[arg-type]
    assert (record.status, record.broken) == ("failed", False)
    for field, text in fields.items():
        assert f"{field}={text!r}" in record.reason
    assert check_spec("spec-finished", SPEC).status == "passed"


def task_of(dataset: str = "synthetic-earth", region: str = "Europe") -> TaskSpec:
    source = LabelSource(name="a", license="MIT", citation="b", region=region, years="2020")
    return TaskSpec(
        name="x",
        summary="s",
        dataset=dataset,
        problem="regression",
        primary_metric="r2",
        source=source,
    )


def test_a_placeholder_in_the_source_of_labels_is_reported() -> None:
    record = check_spec("spec-finished", task_of(region="Say here where"))
    assert record.status == "failed"
    assert "source.region='Say here where'" in record.reason


@pytest.mark.parametrize(
    ("dataset", "reason"),
    [
        ("synthetic-earth", ""),
        ("ships", ""),  # of a plugin that the registry lists
        ("sintetic-earth", "no plugin provides the data set 'sintetic-earth'"),
        ("moon", "no plugin provides the data set 'moon'"),
    ],
)
def test_the_data_set_of_a_task_must_be_known(dataset: str, reason: str) -> None:
    component = Component(task_of(dataset), "mine", "neuco-plugin-mine", "1")
    record = run_check("task-dataset", TaskContext(component, MINE))
    assert record.status == ("failed" if reason else "passed")
    assert record.reason.startswith(reason)
    assert ("synthetic-earth" in record.reason) == (dataset == "sintetic-earth")


def test_a_plugin_file_can_be_named_relative_to_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "near.py").write_text(
        "from neucocore.plugin import EncoderSpec, hookimpl\n"
        "NEUCO_API = 1\n"
        "@hookimpl\n"
        "def neuco_encoders():\n"
        "    return [EncoderSpec(name='x', summary='s', factory=dict)]\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEUCO_PLUGIN_PATH", str(Path("code") / "near.py"))
    forget()
    of_imports = [record for record in check_plugin("near") if record.id.startswith("import-")]
    monkeypatch.undo()
    forget()
    assert of_imports
    assert not [record.reason for record in of_imports if record.broken]
