"""What a run records about software, machine, time and memory."""

from __future__ import annotations

import hashlib
import platform
import time
from pathlib import Path

from neucocore.provenance.machine import Meter, file_digest, machine, peak_memory, software


def test_software_lists_python_the_core_and_its_libraries() -> None:
    recorded = software(["no-such-plugin"])
    assert recorded["python"] == platform.python_version()
    assert [entry["distribution"] for entry in recorded["distributions"]] == [
        "neucocore", "no-such-plugin",
    ]  # fmt: skip
    assert {"numpy", "numba"} <= set(recorded["libraries"])


def test_the_machine_is_described_without_its_name() -> None:
    recorded = machine()
    assert recorded["cores"] >= 1
    assert recorded["memory_bytes"] > 2**28
    assert platform.node() not in str(recorded)


def test_a_meter_reads_time_and_memory() -> None:
    meter = Meter()
    ballast = bytes(50_000_000)
    read = meter.read()
    assert read["started"].endswith("+00:00")
    assert read["peak_memory_bytes"] >= len(ballast)
    assert 0 <= read["seconds"] < 60
    assert peak_memory() >= read["peak_memory_bytes"]


def test_a_meter_counts_processor_time_since_its_creation() -> None:
    while time.process_time() < 0.3:
        pass
    meter = Meter()
    start = time.process_time()
    seconds = meter.read()["cpu_seconds"]
    assert 0 <= seconds <= time.process_time() - start + 0.1


def test_the_digest_of_a_file_is_its_sha256(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 3_000_000)
    assert file_digest(file) == hashlib.sha256(b"x" * 3_000_000).hexdigest()
