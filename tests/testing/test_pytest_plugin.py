from __future__ import annotations

import ast
from pathlib import Path

import pytest

from neucocore.testing import pytest_plugin
from neucocore.testing.pytest_plugin import conformance


def test_the_module_imports_nothing_of_the_core_at_its_top() -> None:
    tree = ast.parse(Path(pytest_plugin.__file__).read_text(encoding="utf-8"))
    top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {getattr(node, "module", None) or node.names[0].name for node in top}
    assert not {module for module in modules if module.startswith("neucocore")}


def outcome(plugin: str, check: str) -> str:
    """Run one check as a decorated test does, and return the result."""

    @conformance(plugin)
    def decorated() -> None: ...

    (mark,) = decorated.pytestmark  # type: ignore[attr-defined]
    (call,) = [param.values[0] for param in mark.args[1] if param.id.startswith(check)]
    try:
        call()
    except pytest.xfail.Exception:  # before fail, because it is a subclass
        return "expected failure"
    except pytest.fail.Exception as failed:
        return f"failed: {failed}"
    except pytest.skip.Exception:
        return "skipped"
    return "passed"


@pytest.mark.usefixtures("with_wrong_plugins")
def test_each_check_is_a_test_of_its_own() -> None:
    assert outcome("wrong-direction", "metric-bounds") == "passed"
    assert outcome("lost-order", "encoder-state") == "skipped"
    assert outcome("wrong-direction", "spec-documented") == "expected failure"
    failure = outcome("wrong-direction", "metric-direction")
    assert failure.startswith("failed: metric-direction[metric wrong-direction]: regression: the ")


def test_the_fixtures_are_available_without_import(
    neuco_cubes, neuco_cube_folder, tmp_path
) -> None:  # type: ignore[no-untyped-def]
    folder = neuco_cube_folder(tmp_path, neuco_cubes(1, size=4), {"mine__regr": [("a", 1)]})
    assert len(list(folder.glob("data/*/part-000000/*.zarr.zip"))) == 3
    assert (folder / "labels" / "mine__regr.csv").read_text() == "id,label\na,1\n"
