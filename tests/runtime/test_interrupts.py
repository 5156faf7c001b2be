"""Whatever a process does when it gets a signal, it ends soon, with the documented exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

LINE = {
    signal.SIGINT: "interrupted; run the same command again to continue\n",
    signal.SIGTERM: "terminated; run the same command again to continue\n",
}
PROGRAM = """
import sys, time
from neucocore.runtime import interrupts

def command():
{body}

interrupts.run(command)
print("finished", flush=True)
"""
BODIES = {
    "waits": """
    print("ready", flush=True)
    time.sleep(60)
""",
    "is inside a library that does not return": """
    import hashlib
    print("ready", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 500_000_000)
""",
    "swallows every exception": """
    print("ready", flush=True)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            time.sleep(60)
        except BaseException:
            pass
""",
    "loses the exception in a callback": """
    import ctypes
    callback = ctypes.CFUNCTYPE(None)(lambda: time.sleep(0.05))
    print("ready", flush=True)
    sys.unraisablehook = lambda *_: None
    while True:
        callback()
""",
    "compiles with numba": """
    import numba
    print("ready", flush=True)
    while True:
        numba.njit(lambda a, b: sorted([a, b]))(1, 2)
""",
    "waits for threads that never end": """
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(2) as pool:
        pool.submit(time.sleep, 60)
        print("ready", flush=True)
""",
    "waits for worker processes": """
    from neucocore.runtime.processes import WorkerPool
    with WorkerPool(2) as pool:
        futures = [pool.submit(time.sleep, 60) for _ in range(4)]
        pool.submit(time.sleep, 0)
        time.sleep(1)
        print("ready", flush=True)
        futures[0].result()
""",
    "waits for a process of its own": """
    import subprocess
    print("ready", flush=True)
    subprocess.run(["sleep", "60"])
""",
    "cleans up for too long": """
    try:
        print("ready", flush=True)
        time.sleep(60)
    finally:
        time.sleep(60)
""",
    "cleans up and fails": """
    try:
        print("ready", flush=True)
        time.sleep(60)
    finally:
        raise ValueError("defect")
""",
}


def start(body: str, folder: Path) -> subprocess.Popen[str]:
    program = folder / "program.py"
    program.write_text(
        PROGRAM.format(body=body).replace(
            "interrupts.run(command)\nprint",
            'if __name__ == "__main__":\n    interrupts.run(command)\n    print',
        )
    )
    process = subprocess.Popen(
        [sys.executable, str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def session_members(session: int) -> list[str]:
    """Return the processes of a session that still run."""
    members = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                members.append((stat.parent / "cmdline").read_text())
        except OSError:
            continue
    return members


def wait_for_empty_session(session: int, seconds: float = 15.0) -> list[str]:
    """Wait until a session has no process any more; return those that are left."""
    end = time.monotonic() + seconds
    while (left := session_members(session)) and time.monotonic() < end:
        time.sleep(0.05)
    return left


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="looks for left processes in /proc"
)


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("name", BODIES)
def test_fault_86_a_process_ends_soon_with_one_line_and_leaves_no_process(
    name: str, number: signal.Signals, tmp_path: Path
) -> None:
    process = start(BODIES[name], tmp_path)
    time.sleep(0.2)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    out, err = process.communicate(timeout=15)
    assert (process.returncode, out, err) == (128 + number, "", LINE[number])
    assert wait_for_empty_session(process.pid) == []


def test_without_a_signal_nothing_changes(tmp_path: Path) -> None:
    process = start(BODIES["waits"].replace("sleep(60)", "sleep(1)"), tmp_path)
    out, err = process.communicate(timeout=15)
    assert (process.returncode, out, err) == (0, "finished\n", "")


def test_a_signal_that_the_caller_ignores_stays_ignored(tmp_path: Path) -> None:
    body = BODIES["waits"].replace("sleep(60)", "sleep(1)")
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in a background job of a shell
    try:
        process = start(body, tmp_path)
    finally:
        signal.signal(signal.SIGINT, before)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=15)
    assert (process.returncode, out) == (0, "finished\n")


CLEANUP = """
    import hashlib
    from pathlib import Path
    with interrupts.at_forced_end(lambda: Path(sys.argv[0] + ".cleaned").touch()):
        print("ready", flush=True)
        hashlib.pbkdf2_hmac("sha256", b"", b"", 500_000_000)
"""


def test_a_forced_end_calls_the_cleanups(tmp_path: Path) -> None:
    process = start(CLEANUP, tmp_path)
    time.sleep(0.5)  # until it is inside the library
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=15)
    assert (tmp_path / "program.py.cleaned").exists()


def test_the_handlers_of_the_caller_are_restored() -> None:
    from neucocore.runtime import interrupts

    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    interrupts.run(lambda: None)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


GRACEFUL = """
    from pathlib import Path
    try:
        print("ready", flush=True)
        time.sleep(60)
    finally:
        Path(sys.argv[0] + ".cleaned").touch()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_can_be_interrupted_cleans_up_by_itself(
    tmp_path: Path, number: signal.Signals
) -> None:
    process = start(GRACEFUL, tmp_path)
    process.send_signal(number)
    process.communicate(timeout=15)
    assert process.returncode == 128 + number
    assert (tmp_path / "program.py.cleaned").exists()


def test_no_exception_is_raised_inside_the_compiler() -> None:
    from neucocore.runtime.interrupts import _is_compiling

    def called_by(module: str) -> bool:
        names = {"__name__": module, "check": lambda: _is_compiling(sys._getframe())}
        exec("found = check()", names)  # noqa: S102
        return bool(names["found"])

    assert called_by("numba.core.compiler")
    assert called_by("llvmlite.binding.ffi")
    assert not called_by("neucocore.evaluation")
