"""Links and commands in the documentation are valid, and its scripts can be imported."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from neucocore.cli import plugin_commands
from neucocore.cli.app import app
from neucocore.workflow.run_file import OPTIONS, OWN_KEYS

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(
    (ROOT / "docs").rglob("*.md")
)
SCRIPTS = sorted([*(ROOT / "benchmarks").glob("*.py"), *(ROOT / "docs/simulations").glob("*.py")])
EXAMPLES = {"mine", "idea"}
"""Commands of the plugins that docs/plugins/ writes."""
CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", CODE_BLOCK.sub("", page.read_text("utf-8")), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.strip().lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES[:3], ids=lambda page: page.stem)
def test_every_link_has_a_target(page: Path) -> None:
    # Links in docs/ are checked when the site is built (test_site.py).
    text = CODE_BLOCK.sub("", page.read_text("utf-8"))
    for path, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", text):
        target = page.parent / path if path else page
        assert target.exists(), path
        if anchor:
            assert anchor in anchors(target), f"{path}#{anchor}"


def commands(page: Path) -> Iterator[list[str]]:
    """Yield the words of every complete ``neuco`` command in the indented blocks of a page."""
    text = re.sub(r"\\\n +", "", page.read_text("utf-8"))  # continued lines
    for line in text.splitlines():
        for command in line.removeprefix("$ ").split("&&"):
            indented = line.startswith(("    neuco ", "$ neuco "))
            if indented and command.split()[:1] == ["neuco"]:
                yield shlex.split(command, comments=True)[1:]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_in_a_block_exists_with_its_options(page: Path) -> None:
    for words in commands(page):
        if words[0] in plugin_commands.commands():
            continue
        command: Any = typer.main.get_command(app)
        levels = [command]
        for word in words:
            subcommand = getattr(command, "commands", {}).get(word)
            if subcommand is not None:
                command = subcommand
                levels.append(command)
        assert not getattr(command, "commands", {}), f"no such command: neuco {' '.join(words)}"
        options = {name for level in levels for param in level.params for name in param.opts}
        used = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert used <= options, f"neuco {' '.join(words)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_in_running_text_exists(page: Path) -> None:
    own = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    plugins = yaml.safe_load((ROOT / "registry.yaml").read_text("utf-8"))["plugins"]
    known = {*own, *(name for plugin in plugins for name in plugin.get("commands", ()))}
    for name in re.findall(r"`neuco ([a-z]+)", page.read_text("utf-8")):
        assert name in known | EXAMPLES, f"no such command: neuco {name}"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_every_script_of_the_documentation_can_be_imported(script: Path) -> None:
    command = [sys.executable, "-c", f"import {script.stem}"]
    subprocess.run(command, cwd=script.parent, check=True, timeout=120)


def test_the_page_on_run_files_lists_every_key() -> None:
    rows = re.findall(
        r"^\| ((?:`\w+`(?:, )?)+) \|", (ROOT / "docs/run-files.md").read_text("utf-8"), re.MULTILINE
    )
    keys = [key for row in rows for key in re.findall(r"`(\w+)`", row)]
    assert sorted(keys) == sorted([*OWN_KEYS, *OPTIONS])
