"""The pages about Python: their code prints what they show."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of a page in one language."""
    text = (ROOT / page).read_text("utf-8")
    return [code for name, code in BLOCK.findall(text) if name == language]


def test_the_code_of_the_python_page_prints_what_the_page_shows(tmp_path: Path) -> None:
    program = tmp_path / "page.py"
    program.write_text("\n".join(blocks("docs/python.md", "python")))
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", program.name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "".join(blocks("docs/python.md", "text"))


def test_the_idea_in_one_file_works_with_its_commands(tmp_path: Path) -> None:
    page = "docs/plugins/idea.md"
    idea, relief = blocks(page, "python")
    (tmp_path / "idea.py").write_text(idea)
    (tmp_path / "relief.py").write_text(relief)
    text = (ROOT / page).read_text("utf-8")
    commands = re.findall(r"^    (neuco .*)$", text, re.MULTILINE)
    assert len(commands) == 7
    printed = []
    for command in commands:
        words = shlex.split(command)[1:]
        done = subprocess.run(
            [sys.executable, "-m", "neucocore", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
        )
        expected = 3 if words[-3:-1] == ["plugins", "check"] else 0
        assert done.returncode == expected, f"{command}\n{done.stderr}"
        printed.append(done.stdout)
    assert "elevation@1  r2 " in printed[3]
    assert "elevation@1  within-100-m " in printed[4]
    assert "elevation@1  r2 " in printed[5]
    failed = {line.split()[0] for line in printed[6].splitlines() if " failed " in line}
    assert {"import-light", "spec-documented", "task-documented"} <= failed
