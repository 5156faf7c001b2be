"""Commands that plugins add."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

APP = """
import sys
import typer
print("imported", file=sys.stderr)
app = typer.Typer(add_completion=False)

@app.command()
def hello(name: str, loud: bool = False) -> None:
    "Say hello."
    print(f"hello {name}{'!' if loud else ''}")
    if name == "nobody":
        raise ValueError("there is nobody")
"""
POINTS = """
[neuco.commands]
greet = hello_app:app
list = hello_app:app
broken = a_package_that_is_not_there:app
nothing = hello_app:sys
"""


@pytest.fixture
def neuco(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs neuco where neuco-plugin-hello is installed."""
    metadata = tmp_path / "neuco_plugin_hello-1.0.dist-info"
    metadata.mkdir()
    text = "Metadata-Version: 2.1\nName: neuco-plugin-hello\nVersion: 1.0\n"
    (metadata / "METADATA").write_text(text)
    (metadata / "entry_points.txt").write_text(POINTS)
    (tmp_path / "hello_app.py").write_text(APP)

    def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "neucocore", *words],
            env={**os.environ, "PYTHONPATH": str(tmp_path), **variables},
            capture_output=True,
            text=True,
        )

    return run


Neuco = Callable[..., subprocess.CompletedProcess[str]]


def test_help_lists_a_command_without_importing_it(neuco: Neuco) -> None:
    done = neuco("--help")
    assert "greet" in done.stdout
    assert "Provided by neuco-plugin-hello." in done.stdout
    assert "imported" not in done.stderr


def test_all_words_go_to_the_command(neuco: Neuco) -> None:
    done = neuco("greet", "Earth", "--loud")
    assert (done.returncode, done.stdout) == (0, "hello Earth!\n")
    assert "Say hello." in neuco("greet", "--help").stdout


def test_the_core_keeps_its_own_commands(neuco: Neuco) -> None:
    done = neuco("list", "metrics")
    assert "r2" in done.stdout
    assert "imported" not in done.stderr


@pytest.mark.parametrize(
    "variables", [{"NEUCO_DISABLE_PLUGINS": "hello"}, {"NEUCO_PLUGINS": "ships"}], ids=str
)
def test_a_blocked_plugin_has_no_command(neuco: Neuco, variables: dict[str, str]) -> None:
    done = neuco("greet", "Earth", **variables)
    assert done.returncode == 2
    assert "No such command" in done.stderr


def test_an_unknown_command_of_a_known_plugin_names_its_distribution(neuco: Neuco) -> None:
    if importlib.util.find_spec("neuco_plugin_torch"):
        pytest.skip("the torch plugin is installed")
    done = neuco("autoencode", "make")
    assert done.returncode == 2
    assert "the command 'autoencode' is not installed" in done.stderr
    assert "Hint: pip install neuco-plugin-torch" in done.stderr


def test_a_command_that_cannot_be_imported_is_a_plugins_failure(neuco: Neuco) -> None:
    done = neuco("broken")
    assert done.returncode == 3
    assert "the command broken of neuco-plugin-hello cannot be loaded: Module" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_no_typer_app_is_said(neuco: Neuco) -> None:
    done = neuco("nothing")
    assert done.returncode == 3
    assert "hello_app:sys of neuco-plugin-hello is not a typer app" in done.stderr


def test_a_command_that_raises_is_a_plugins_failure(neuco: Neuco) -> None:
    done = neuco("greet", "nobody")
    assert done.returncode == 3
    said = "the command greet of neuco-plugin-hello raised ValueError: there is nobody"
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert "Traceback" in neuco("--debug", "greet", "nobody").stderr


def test_a_plugin_that_adds_only_commands_can_be_checked(neuco: Neuco) -> None:
    done = neuco("plugins", "check", "hello")
    assert done.returncode == 3
    failed = [line.split()[0] for line in done.stdout.splitlines() if " failed " in line]
    failed = [name for name in failed if name != "import-fast"]  # a matter of the machine's load
    assert failed == ["plugin-names", "plugin-requires-core", "import-silent"]


def test_a_plugin_can_run_the_command_of_another(tmp_path: Path, neuco: Neuco) -> None:
    del neuco  # installs neuco-plugin-hello in tmp_path
    code = (
        "from neucocore import run_command\n"
        "print('codes', run_command('greet', 'Earth'), run_command('greet', '--nothing'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines() == ["hello Earth", "codes 0 2"]
