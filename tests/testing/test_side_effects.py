from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

from neucocore.testing.side_effects import watching


def test_writing_a_file_is_recorded_and_reading_is_not(tmp_path: Path) -> None:
    existing = tmp_path / "existing"
    existing.write_text("x")
    with watching() as seen:
        existing.read_text()
        (tmp_path / "new").write_text("y")
    assert [(effect.family, effect.what) for effect in seen] == [
        ("files", f"open {tmp_path / 'new'}")
    ]


def test_creating_and_removing_a_folder_are_recorded(tmp_path: Path) -> None:
    with watching() as seen:
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder").rmdir()
    assert [effect.what.split()[0] for effect in seen] == ["os.mkdir", "os.rmdir"]


def test_os_open_for_writing_is_recorded(tmp_path: Path) -> None:
    with watching() as seen:
        os.close(os.open(tmp_path / "low", os.O_WRONLY | os.O_CREAT))
    assert [effect.family for effect in seen] == ["files"]


def test_a_connection_is_recorded() -> None:
    with watching() as seen, contextlib.suppress(OSError), socket.socket() as connection:
        connection.settimeout(0.1)
        connection.connect(("127.0.0.1", 9))
    assert [effect.family for effect in seen] == ["network"]


def test_a_started_program_is_recorded() -> None:
    with watching() as seen:
        subprocess.run([sys.executable, "-c", ""], check=True)
    assert "processes" in {effect.family for effect in seen}


def test_nothing_is_recorded_outside_the_block_or_from_other_threads(tmp_path: Path) -> None:
    with watching() as seen:
        other = threading.Thread(target=(tmp_path / "other").write_text, args=("x",))
        other.start()
        other.join()
    (tmp_path / "later").write_text("x")
    assert seen == []
