"""What plugins change in the process when they are imported is undone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from neucocore.components.process_state import unchanged_code, unchanged_process

HOOK = """
from neucocore.plugin import MetricSpec, hookimpl
NEUCO_API = 1
{code}

def one(*arguments):
    return 1.0

@hookimpl
def neuco_metrics():
    {hook}
    return [MetricSpec(name="one", summary="s", factory=one, problems=("regression",))]
"""
SHOW = """
import json, os, random, sys, warnings
{before}
from neucocore.components.discovery import installation
def state():
    numpy = sys.modules.get("numpy")
    return [
        dict(os.environ), os.getcwd(), len(warnings.filters), random.random(),
        None if numpy is None else [numpy.geterr(), numpy.random.random(), numpy.mean.__module__],
    ]
random.seed(5)
{seed}
os.environ.pop("NEUCO_PLUGIN_PATH") if {clean} else None
plugin = installation().plugins[-1]
random_state = state()
print(json.dumps([plugin.name, plugin.status, plugin.reason, list(plugin.restored), random_state]))
"""


def load(tmp_path: Path, code: str, hook: str = "pass", *, numpy: bool = False) -> list[Any]:
    """Load a plugin file in a fresh process; return its record and the state of the process."""
    file = tmp_path / "guest.py"
    file.write_text(HOOK.format(code=code, hook=hook))
    script = SHOW.format(
        before="import numpy" if numpy else "",
        seed="numpy.random.seed(5)" if numpy else "",
        clean=False,
    )
    clean = {key: value for key, value in os.environ.items() if not key.startswith("NEUCO_")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**clean, "NEUCO_PLUGIN_PATH": str(file)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    return list(json.loads(done.stdout))


@pytest.mark.parametrize("where", ["import", "hook"])
@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("import os; os.environ['OMP_NUM_THREADS'] = '3'", "the environment variable OMP_NUM_"),
        ("import os; del os.environ['PATH']", "the environment variable PATH"),
        ("import os; os.chdir('/')", "the working directory"),
        ("import warnings; warnings.simplefilter('error')", "the filters of warnings"),
        ("import random; random.seed(1)", "the random number generator of Python"),
        ("import numpy; numpy.random.seed(1)", "the random number generator of numpy"),
        ("import numpy; numpy.seterr(all='raise')", "how numpy treats floating-point errors"),
    ],
)
def test_what_a_plugin_changes_is_restored_and_reported(
    tmp_path: Path, code: str, what: str, where: str
) -> None:
    expected = load(tmp_path, "", numpy=True)
    found = load(
        tmp_path, code if where == "import" else "", code if where == "hook" else "pass", numpy=True
    )
    assert found[:3] == ["guest", "loaded", ""]
    (restored,) = found[3]
    assert restored.startswith(what)
    assert found[4] == expected[4]


def test_numpy_that_the_plugin_imports_first_raises_no_error_afterwards(tmp_path: Path) -> None:
    found = load(tmp_path, "import numpy; numpy.seterr(all='raise')")
    assert found[3] == ["how numpy treats floating-point errors"]
    assert found[4][4][0]["over"] == "warn"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("from neucocore.components import lookup; lookup.find = lambda *a: None", "lookup.find"),
        ("import neucocore.data.ids as i; i.read_id_file = lambda p: []", "ids.read_id_file"),
        ("import numpy; numpy.mean = lambda *a, **k: 0.0", "numpy.mean"),
        ("import builtins; builtins.sorted = lambda values, **k: list(values)", "builtins.sorted"),
    ],
)
def test_a_plugin_that_replaces_code_of_others_does_not_load(
    tmp_path: Path, code: str, name: str
) -> None:
    found = load(tmp_path, code, numpy=True)
    assert found[1] == "failed"
    assert name in found[2]
    assert found[4][4][2] == "numpy"


def test_an_error_in_the_block_passes_and_the_state_is_restored() -> None:
    before = dict(os.environ)
    changed = []

    def fail() -> None:
        nonlocal changed
        with unchanged_process() as changed:
            os.environ["NEUCO_TESTED"] = "1"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert dict(os.environ) == before
    assert changed == ["the environment variable NEUCO_TESTED"]


def test_new_names_in_modules_of_neuco_are_no_replacement() -> None:
    import neucocore.messages as messages

    with unchanged_code("guest") as replaced:
        messages.added = len  # type: ignore[attr-defined]
    del messages.added  # type: ignore[attr-defined]
    assert replaced == []
