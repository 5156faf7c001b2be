from __future__ import annotations

import errno
import multiprocessing
import os
import re
import stat
import subprocess
import sys
import threading
import time

import pytest

from neucocore.errors import DataError
from neucocore.files.atomic import leftovers, locked, replacing, write_bytes, write_text


def test_a_file_appears_complete_and_under_its_name(tmp_path):
    path = tmp_path / "new folder" / "näme.txt"
    write_text(path, "ä\n")
    assert path.read_bytes() == "ä\n".encode()
    assert leftovers(path.parent) == []


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "a.txt"
    write_bytes(path, b"old")

    def fail() -> None:
        with replacing(path) as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_fault_47_a_full_disk_leaves_no_file(tmp_path):
    """A limit on file sizes takes the place of a full disk: the write fails half-way."""
    code = (
        "import resource, signal, sys; from neucocore.files.atomic import write_bytes\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "write_bytes(sys.argv[1], bytes(5000))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.bin")], capture_output=True, text=True
    )
    assert "OSError" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("durable", "syncs"), [(True, 2), (False, 0)])
def test_only_durable_writes_wait_for_the_disk(tmp_path, monkeypatch, durable, syncs):
    """The file and its folder are synced, in this order."""
    synced = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file).st_mode))
    write_bytes(tmp_path / "a.bin", b"x", durable=durable)
    assert [stat.S_ISDIR(mode) for mode in synced] == [False, True][:syncs]


def test_a_killed_writer_leaves_only_a_temporary_file_that_leftovers_finds(tmp_path):
    code = (
        "import os, sys; from neucocore.files.atomic import replacing\n"
        "with replacing(sys.argv[1]) as file:\n"
        "    file.write(b'half'); file.flush(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.bin")], check=False)
    assert not (tmp_path / "a.bin").exists()
    assert [file.read_bytes() for file in leftovers(tmp_path)] == [b"half"]


def test_the_temporary_file_of_a_killed_writer_is_removed_after_a_day(tmp_path):
    names = [f".neuco-{number}-0123456789ab.tmp" for number in range(3)]
    day = 24 * 3600
    for name, age in zip(names, (day + 60, day - 60, 0), strict=True):
        (tmp_path / name).write_bytes(b"half")
        then = time.time() - age
        os.utime(tmp_path / name, (then, then))
    write_bytes(tmp_path / "a.bin", b"complete")
    assert sorted(path.name for path in tmp_path.iterdir()) == [*names[1:], "a.bin"]


def test_fault_48_a_symbolic_link_is_followed_and_permissions_are_kept(tmp_path):
    target = tmp_path / "target.txt"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link = tmp_path / "link.txt"
    link.symlink_to(target)
    write_bytes(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_new_file_has_the_permissions_that_the_umask_allows(tmp_path):
    before = os.umask(0o027)
    try:
        write_bytes(tmp_path / "a.txt", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640


HOLDER = """
from neucocore.files.atomic import locked
with locked(path):
    ready.set()
    done.wait(20)
"""


def test_fault_49_a_lock_keeps_other_processes_out_until_its_holder_ends(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    names = {"path": tmp_path / "folder", "ready": ready, "done": done}
    holder = context.Process(target=exec, args=(HOLDER, names))
    holder.start()
    assert ready.wait(20)
    with (
        pytest.raises(DataError, match=r"folder is in use by another process"),
        locked(tmp_path / "folder", timeout=0.01),
    ):
        pass
    holder.kill()
    holder.join()
    with locked(tmp_path / "folder", timeout=5):
        pass


HOLDER_THAT_REMOVES_THE_FOLDER = """
import shutil
from neucocore.files.atomic import locked
with locked(path):
    ready.set()
    done.wait(20)
    shutil.rmtree(path.parent)
"""


def test_fault_49_a_waiter_gets_the_lock_although_its_holder_removes_the_folder(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    path = tmp_path / "work" / "spool"
    names = {"path": path, "ready": ready, "done": done}
    holder = context.Process(target=exec, args=(HOLDER_THAT_REMOVES_THE_FOLDER, names))
    holder.start()
    assert ready.wait(20)
    threading.Timer(0.3, done.set).start()
    with locked(path, timeout=20):
        assert path.parent.is_dir()
    holder.join()


@pytest.mark.parametrize("durable", [True, False])
def test_fault_47_a_full_disk_is_reported_with_the_name_of_the_file(tmp_path, durable):
    with (
        pytest.raises(OSError, match=re.escape("No space left on device: '")) as caught,
        replacing(tmp_path / "a.csv", durable=durable),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.filename == str(tmp_path / "a.csv")


def test_errors_name_the_requested_file_and_not_the_temporary_one(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(OSError) as caught:
        write_text(tmp_path / "a.csv", "x")
    assert caught.value.filename == str(tmp_path / "a.csv")
    assert leftovers(tmp_path) == []


def test_an_error_about_another_file_keeps_the_name_of_that_file(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, replacing(tmp_path / "a.csv"):
        (tmp_path / "b.csv").read_bytes()
    assert caught.value.filename == str(tmp_path / "b.csv")
