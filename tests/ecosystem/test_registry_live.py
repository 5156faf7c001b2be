"""``neuco registry check --live``: plugins are installed, compared and tested one by one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from neucocore.components.catalogue import KnownPlugin
from neucocore.registry.check import check_live
from neucocore.registry.environment import Environment
from neucocore.registry.file import load_registry
from neucocore.scaffold.new_plugin import new_plugin

ENTRY = """\
  - name: {name}
    distribution: neuco-plugin-{name}
    summary: a metric
    repository: https://example.org
    license: MIT
    citation: nobody
    maintainers: [a person]
    status: experimental
    provides:
      metrics: [{provides}]
"""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory, build_wheel: Callable[..., Path]) -> Path:
    """Build two plugins, each with a metric, without placeholders."""
    folder = tmp_path_factory.mktemp("live")
    for name in ("right", "wrong"):
        created = new_plugin(name, "metric", folder)
        (spec,) = created.glob("src/*/plugin.py")
        spec.write_text(spec.read_text().replace("TODO: publication to cite", "a publication"))
        build_wheel(created, folder)
    return folder


def test_the_components_of_a_plugin_are_compared_and_tested(
    tmp_path: Path,
    wheels: Path,
    core_wheel: Path,
    lend_dependencies: Callable[[Path, Path], None],
) -> None:
    file = tmp_path / "registry.yaml"
    right, wrong = (
        ENTRY.format(name="right", provides="right"),
        ENTRY.format(name="wrong", provides="other"),
    )
    file.write_text(f"plugins:\n{right}{wrong}")
    lent = iter((tmp_path / "lent1", tmp_path / "lent2"))

    def install(environment: Environment, plugin: KnownPlugin) -> None:
        lend_dependencies(environment.python, next(lent))
        (wheel,) = wheels.glob(f"{plugin.distribution.replace('-', '_')}-*.whl")
        environment.install([str(core_wheel), str(wheel)], "--no-deps", "--offline")

    checked: list[str] = []
    passed, failed = check_live(*load_registry(file), install, checked.append)
    assert checked == ["right", "wrong"]
    assert passed["status"] == "passed", passed["problems"]
    assert passed["version"] == "0.1.0"
    assert passed["problems"] == []
    assert passed["checks"]["passed"] > 15
    assert failed["status"] == "failed"
    assert failed["problems"] == [
        f"{file}:20: the plugin does not provide the metric other; remove it from the list",
        f"{file}:20: the plugin also provides the metric wrong; add it to the list",
    ]


def test_a_plugin_that_cannot_be_installed_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "registry.yaml"
    file.write_text("plugins:\n" + ENTRY.format(name="absent", provides="absent"))

    def install(environment: Environment, plugin: KnownPlugin) -> None:
        environment.install([plugin.distribution], "--no-index", "--offline")

    (row,) = check_live(*load_registry(file), install, lambda _: None)
    assert row["status"] == "failed"
    assert row["problems"][0].startswith(f"{file}:3: uv pip install failed")
