"""The pages about plugins are correct: examples, hooks, specs, checks, commands and links."""

from __future__ import annotations

import dataclasses
import inspect
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer.main

from neucocore.cli.app import app
from neucocore.components import hookspecs
from neucocore.components.catalogue import known_plugins
from neucocore.components.hookspecs import HOOK_OF_KIND
from neucocore.components.loading import load_specs, plugin_manager
from neucocore.components.specs import (
    KINDS,
    SPEC_OF_KIND,
    ComponentSpec,
    Erratum,
    FileSource,
    HostedFile,
    HubSource,
    IdSet,
    Kind,
    LabelSource,
    Param,
    SuiteTask,
)
from neucocore.scaffold.new_plugin import render
from neucocore.testing import kit  # noqa: F401  adds all checks to CHECKS
from neucocore.testing.records import CHECKS

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs" / "plugins"
PAGES = [*sorted(DOCS.glob("*.md")), ROOT / "CONTRIBUTING.md", ROOT / "docs" / "releasing.md"]
LISTED_FILE = re.compile(r"^`([^`]+)`:\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_a_kind_is_its_template(kind: Kind) -> None:
    # tests/ecosystem installs, tests and uses the templates.
    files = render("mine", kind, dataset="synthetic-earth")
    shown = dict(LISTED_FILE.findall((DOCS / f"{kind}.md").read_text("utf-8")))
    package = "src/neuco_plugin_mine"
    assert set(shown) == {f"{package}/plugin.py", f"{package}/{kind}.py", f"tests/test_{kind}.py"}
    for path, text in shown.items():
        assert text == files[path], (
            f"{path} is not the output of neuco plugins new mine --kind {kind}"
        )


@pytest.mark.parametrize("hook", HOOK_OF_KIND.values())
def test_every_hook_is_documented_with_its_signature(hook: str) -> None:
    signature = str(inspect.signature(getattr(hookspecs, hook))).replace("'", "")
    assert f"| `{hook}{signature}` |" in (DOCS / "hooks.md").read_text("utf-8")


def fields_of_section(title: str) -> set[str]:
    sections = re.split(r"^## ", (DOCS / "hooks.md").read_text("utf-8"), flags=re.MULTILINE)
    (section,) = [text for text in sections if text.startswith(f"{title}\n")]
    names = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", section, re.MULTILINE)
    return {name.strip("`") for group in names for name in group.split(", ")}


@pytest.mark.parametrize(
    "spec",
    [
        ComponentSpec,
        Param,
        HubSource,
        FileSource,
        HostedFile,
        LabelSource,
        SuiteTask,
        IdSet,
        Erratum,
        *SPEC_OF_KIND.values(),
    ],
)
def test_every_field_of_a_spec_is_documented(spec: type[Any]) -> None:
    common = {field.name for field in dataclasses.fields(ComponentSpec)}
    own = {field.name for field in dataclasses.fields(spec)}
    if spec in SPEC_OF_KIND.values():
        own -= common
    assert fields_of_section(spec.__name__) == own


def test_the_example_of_the_hook_page_is_a_plugin() -> None:
    text = (DOCS / "hooks.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    module = ModuleType("example")
    exec(code, vars(module))  # noqa: S102
    specs = load_specs(module, "example", plugin_manager())
    assert [spec.name for spec in specs] == ["mine"]


def test_every_check_is_documented_with_its_level_and_promise() -> None:
    text = (DOCS / "conformance.md").read_text("utf-8")
    documented = re.findall(r"^\| `([\w-]+)` \| (must|should) \| (.*) \|$", text, re.MULTILINE)
    checks = [(check.id, check.level, inspect.getdoc(check.run)) for check in CHECKS]
    assert documented == checks


def commands(page: Path) -> Iterator[list[str]]:
    for line in page.read_text("utf-8").splitlines():
        if line.startswith("    ") and line.split()[:1] == ["neuco"]:
            for command in line.split("&&"):
                yield shlex.split(command, comments=True)[1:]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_in_the_text_exists(page: Path) -> None:
    core = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    of_plugins = {command for plugin in known_plugins() for command in plugin.commands}
    known = core | of_plugins | {"mine", "idea"}
    for name in re.findall(r"`neuco ([a-z]+)", page.read_text("utf-8")):
        assert name in known, f"no such command: neuco {name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_in_a_page_exists_with_its_options(page: Path) -> None:
    for words in commands(page):
        command: Any = typer.main.get_command(app)
        known = [command]
        for word in words:
            found = getattr(command, "commands", {}).get(word)
            if found is not None:
                command = found
                known.append(command)
        assert not getattr(command, "commands", {}), f"no such command: neuco {' '.join(words)}"
        options = {name for one in known for parameter in one.params for name in parameter.opts}
        asked = {word for word in words if word.startswith("--")}
        assert asked <= options, f"neuco {' '.join(words)}"
