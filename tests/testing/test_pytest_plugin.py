from __future__ import annotations

import ast
from pathlib import Path

import pytest

from neucocore.testing import pytest_plugin as pytest_face
from neucocore.testing.pytest_plugin import conformance


def test_nothing_of_the_core_is_imported_at_the_top() -> None:
    tree = ast.parse(Path(pytest_face.__file__).read_text(encoding="utf-8"))
    top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {getattr(node, "module", None) or node.names[0].name for node in top}
    assert not {module for module in modules if module.startswith("neucocore")}


def outcome(plugin: str, check: str) -> str:
    """Call one check as a decorated test would, and say how it ended."""

    @conformance(plugin)
    def decorated() -> None: ...

    (mark,) = decorated.pytestmark  # type: ignore[attr-defined]
    (call,) = [param.values[0] for param in mark.args[1] if param.id.startswith(check)]
    try:
        call()
    except pytest.xfail.Exception:  # first: it is a kind of failure
        return "advised"
    except pytest.fail.Exception as failed:
        return f"failed: {failed}"
    except pytest.skip.Exception:
        return "skipped"
    return "passed"


@pytest.mark.usefixtures("with_wrong_plugins")
def test_each_check_is_a_test_of_its_own() -> None:
    assert outcome("wrong-direction", "metric-bounds") == "passed"
    assert outcome("lost-order", "encoder-state") == "skipped"
    assert outcome("wrong-direction", "spec-documented") == "advised"
    said = outcome("wrong-direction", "metric-direction")
    assert said.startswith("failed: metric-direction[metric wrong-direction]: regression: the spec")


def test_the_fixtures_are_there_without_asking(neuco_cubes, neuco_cube_folder, tmp_path) -> None:  # type: ignore[no-untyped-def]
    folder = neuco_cube_folder(tmp_path, neuco_cubes(1, size=4), {"mine__regr": [("a", 1)]})
    assert len(list(folder.glob("data/*/part-000000/*.zarr.zip"))) == 3
    assert (folder / "labels" / "mine__regr.csv").read_text() == "id,label\na,1\n"
