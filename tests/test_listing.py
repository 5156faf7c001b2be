from __future__ import annotations

import importlib.util
from pathlib import Path

FILE = Path(__file__).parent.parent / "benchmarks" / "listing.py"


def test_listing_25_plugins_takes_at_most_twice_an_empty_program() -> None:
    spec = importlib.util.spec_from_file_location("listing_benchmark", FILE)
    assert spec is not None
    assert spec.loader is not None
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    # In turns, and the shortest of each: what else the machine does is left out.
    listing, empty = benchmark.measure(plugins=25, runs=5)
    assert min(listing) <= 2 * min(empty)
