"""What a run says of its making."""

from __future__ import annotations

import hashlib
import platform
import time
from pathlib import Path

from neucocore.provenance.machine import Meter, file_digest, machine, peak_memory, software


def test_software_names_python_the_core_and_its_libraries() -> None:
    said = software(["no-such-plugin"])
    assert said["python"] == platform.python_version()
    assert [entry["distribution"] for entry in said["distributions"]] == [
        "neucocore", "no-such-plugin",
    ]  # fmt: skip
    assert {"numpy", "numba"} <= set(said["libraries"])


def test_the_machine_is_described_without_its_name() -> None:
    said = machine()
    assert said["cores"] >= 1
    assert said["memory_bytes"] > 2**28
    assert platform.node() not in str(said)


def test_a_meter_reads_time_and_memory() -> None:
    meter = Meter()
    ballast = bytes(50_000_000)
    read = meter.read()
    assert read["started"].endswith("+00:00")
    assert read["peak_memory_bytes"] >= len(ballast)
    assert 0 <= read["seconds"] < 60
    assert peak_memory() >= read["peak_memory_bytes"]


def test_a_meter_counts_the_processor_time_since_it_began() -> None:
    while time.process_time() < 0.3:
        pass
    meter = Meter()
    began = time.process_time()
    read = meter.read()["cpu_seconds"]
    assert 0 <= read <= time.process_time() - began + 0.1


def test_a_files_digest_is_its_sha256(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 3_000_000)
    assert file_digest(file) == hashlib.sha256(b"x" * 3_000_000).hexdigest()
