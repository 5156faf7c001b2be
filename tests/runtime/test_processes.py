from __future__ import annotations

import signal
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from filelock import FileLock

from neucocore.runtime.processes import end_with_parent


def hold(path: Path) -> None:
    """Hold a lock until this process ends."""
    with FileLock(path):
        (path.parent / "held").touch()
        signal.pause()


def run_a_pool(path: Path) -> None:
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=end_with_parent) as pool:
        pool.submit(hold, path).result()


def test_fault_51_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    spawn = get_context("spawn")
    parent = spawn.Process(target=run_a_pool, args=(tmp_path / "lock",))
    parent.start()
    while not (tmp_path / "held").exists():
        assert parent.is_alive()
        time.sleep(0.01)
    parent.kill()
    parent.join()
    with FileLock(tmp_path / "lock", timeout=10):
        pass
