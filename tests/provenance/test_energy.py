from __future__ import annotations

from pathlib import Path

import pytest

from neucocore.provenance.energy import EnergyMeter

WRAP = 262_143_328_850


class Powercap:
    """A folder like that of the kernel: two packages, memory, and zones that repeat them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        names = {
            "intel-rapl:0": "package-0",
            "intel-rapl:0:0": "core",
            "intel-rapl:0:1": "dram",
            "intel-rapl:1": "package-1",
            "intel-rapl:2": "psys",
            "intel-rapl-mmio:0": "package-0",
        }
        for zone, name in names.items():
            (root / zone).mkdir()
            (root / zone / "name").write_text(name + "\n")
            (root / zone / "max_energy_range_uj").write_text(f"{WRAP}\n")
            self.set(zone, 0)

    def set(self, zone: str, microjoules: int) -> None:
        (self.root / zone / "energy_uj").write_text(f"{microjoules}\n")


@pytest.fixture
def powercap(tmp_path: Path) -> Powercap:
    return Powercap(tmp_path)


def test_packages_and_memory_are_added_and_nothing_is_counted_twice(powercap: Powercap) -> None:
    meter = EnergyMeter(root=powercap.root)
    for zone in ("intel-rapl:0:0", "intel-rapl:2", "intel-rapl-mmio:0"):
        powercap.set(zone, 70_000_000)
    powercap.set("intel-rapl:0", 5_000_000)
    powercap.set("intel-rapl:1", 2_000_000)
    powercap.set("intel-rapl:0:1", 500_000)
    assert meter.read() == {
        "energy_joules": 7.5,
        "energy_joules_memory": 0.5,
        "energy_joules_processor": 7.0,
    }


def test_a_counter_may_overflow_between_samples(powercap: Powercap) -> None:
    powercap.set("intel-rapl:0", WRAP - 1_000_000)
    meter = EnergyMeter(root=powercap.root)
    powercap.set("intel-rapl:0", 3_000_000)
    meter.sample()
    powercap.set("intel-rapl:0", 1_000_000)
    assert meter.read()["energy_joules_processor"] == pytest.approx(4 + WRAP / 1e6 - 2)


def test_a_machine_without_readable_counters_reports_nothing(
    powercap: Powercap, tmp_path: Path
) -> None:
    assert EnergyMeter(root=tmp_path / "nowhere").read() == {}
    for zone in powercap.root.iterdir():
        (zone / "energy_uj").unlink()
    assert EnergyMeter(root=powercap.root).read() == {}


def test_the_energy_of_an_accelerator_is_added_if_it_is_reported(powercap: Powercap) -> None:
    readings = iter([100.0, 130.0])
    meter = EnergyMeter(lambda: next(readings), root=powercap.root)
    powercap.set("intel-rapl:0", 5_000_000)
    energy = meter.read()
    assert energy["energy_joules_accelerator"] == 30
    assert energy["energy_joules"] == 35
    assert EnergyMeter(lambda: None, root=powercap.root / "nowhere").read() == {}
