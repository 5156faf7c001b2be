"""Other locales, no terminal, narrow terminals: the same data, readable."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

NEUCO = [sys.executable, "-m", "neucocore"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "labels").mkdir()
    rows = "".join(f"c{n},{n * 1.5}\n" for n in range(30))
    (tmp_path / "labels" / "size__regr.csv").write_text("id,label\n" + rows)
    (tmp_path / "e.csv").write_text("id,0\n" + "".join(f"c{n},{n * 0.25}\n" for n in range(30)))
    return tmp_path


def scored(folder: Path, output: str, **environment: str) -> str:
    words = ["evaluate", "e.csv", "--labels", "labels", "--output", output]
    done = subprocess.run(
        [*NEUCO, *words],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "\x1b" not in done.stdout + done.stderr
    return done.stdout


def in_terminal(columns: int, *words: str, **environment: str) -> str:
    """Return what a terminal of so many columns is sent."""
    pid, terminal = pty.fork()
    if pid == 0:
        # Not the process's own: pytest's readline puts COLUMNS there behind Python's back.
        inherited = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.execve(sys.executable, [*NEUCO, *words], inherited | environment)  # noqa: S606
    content = b""
    while True:
        try:
            block = os.read(terminal, 65536)
        except OSError:
            break
        if not block:
            break
        content += block
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    return content.decode()


def test_fault_58_a_german_locale_changes_no_byte(folder: Path) -> None:
    plain = scored(folder, "plain", LC_ALL="C.UTF-8")
    german = scored(folder, "german", LC_ALL="de_DE.UTF-8", LANGUAGE="de")
    assert german == plain
    assert "0.99" in plain or "1.0" in plain


def test_fault_59_without_a_terminal_there_are_plain_lines(folder: Path) -> None:
    scored(folder, "out", TERM="xterm-256color", FORCE_COLOR="")


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.parametrize("kind", ["tasks", "metrics", "protocols"])
def test_fault_59_forty_columns_are_enough(kind: str) -> None:
    lines = in_terminal(40, "list", kind, TERM="dumb").splitlines()
    assert len(lines) > 4
    assert max(map(len, lines)) <= 40


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_fault_59_no_color_means_none() -> None:
    assert "\x1b[" in in_terminal(80, "--help", TERM="xterm-256color")
    bare = in_terminal(80, "--help", TERM="xterm-256color", NO_COLOR="1")
    assert not any(f"\x1b[{code}m" in bare for code in ("31", "32", "33", "36", "1;36"))


WARNING_PLUGIN = """
import warnings
from neucocore.plugin import DatasetSpec, hookimpl
NEUCO_API = 1

def make(out, *, progress=None):
    warnings.warn("no GPU here", RuntimeWarning)

@hookimpl
def neuco_datasets():
    return [DatasetSpec(name="warned", summary="warns", factory=lambda path: None, generate=make,
                        bands={"s1": ("vv",)})]
"""


def test_what_a_component_warns_of_is_said_without_its_line_of_code(tmp_path: Path) -> None:
    plugin = tmp_path / "warning_plugin.py"
    plugin.write_text(WARNING_PLUGIN)

    def said(*options: str) -> list[str]:
        words = ["--plugin-path", str(plugin), *options, "data", "generate", "warned"]
        done = subprocess.run(
            [*NEUCO, *words, "--output", str(tmp_path / "out")],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stderr.splitlines()

    assert "warning: no GPU here" in said()
    assert any(
        "warning_plugin.py:7: RuntimeWarning: no GPU here" in line for line in said("--debug")
    )
