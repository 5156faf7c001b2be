"""Plugins that each break one promise, installed so that this process finds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from neucocore.components.discovery import Component, PluginRecord, forget
from neucocore.components.specs import ComponentSpec
from neucocore.testing.kit import CONTEXT_OF_KIND
from neucocore.testing.records import CHECKS

WRONG = Path(__file__).with_name("wrong")


@pytest.fixture(scope="session")
def wrong_plugins(
    tmp_path_factory: pytest.TempPathFactory,
    build_module: Callable[..., Path],
    install_wheels: Callable[..., Path],
) -> Path:
    """Return the folder that the plugins are installed in."""
    folder = tmp_path_factory.mktemp("wrong-wheels")
    wheels = [
        build_module(file.read_text("utf-8"), f"neuco-plugin-{name}", name, folder)
        for file in sorted(WRONG.glob("*.py"))
        for name in [file.stem.replace("_", "-")]
    ]
    return install_wheels(wheels, tmp_path_factory.mktemp("wrong-site"))


@pytest.fixture
def with_wrong_plugins(
    wrong_plugins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Make the plugins available to this process, in a folder where one of them writes a file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(wrong_plugins))
    forget()
    yield
    monkeypatch.undo()
    forget()


@pytest.fixture
def broken_checks() -> Callable[[ComponentSpec], set[str]]:
    """Return a function that checks a component and returns the ids of the checks that failed."""

    def check_component(spec: ComponentSpec) -> set[str]:
        plugin = PluginRecord("mine", "neuco-plugin-mine", "1", "mine", "loaded")
        component = Component(spec, "mine", "neuco-plugin-mine", "1")
        context = CONTEXT_OF_KIND[spec.kind](component, plugin)
        records = [check.record(context) for check in CHECKS if check.about == spec.kind]
        return {record.id for record in records if record.status == "failed"}

    return check_component
