"""What listing imports. benchmarks/listing.py measures how long it takes."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parent.parent / "benchmarks" / "listing.py"
PROGRAM = """
import json, sys
from neucocore.cli import main
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
COUNT = 25


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the modules that ``neuco list`` imports with 25 plugins installed."""
    spec = importlib.util.spec_from_file_location("listing_benchmark", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    folder = tmp_path_factory.mktemp("plugins")
    benchmark.install_plugins(folder, COUNT)
    names = ",".join(f"many-{n}" for n in range(COUNT))
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, "list", "datasets"],
        env={**os.environ, "PYTHONPATH": str(folder), "NEUCO_PLUGINS": names},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert all(f"data-{n} " in result.stdout for n in range(COUNT))
    return set(json.loads(result.stderr.splitlines()[-1]))


def test_listing_imports_the_module_of_each_plugin(imported: set[str]) -> None:
    assert {f"neuco_plugin_many_{n}.plugin" for n in range(COUNT)} <= imported


def test_listing_imports_no_heavy_package(imported: set[str]) -> None:
    from neucocore.components.heavy_imports import HEAVY_MODULES

    assert imported & set(HEAVY_MODULES) == set()


def test_listing_imports_no_code_of_encoding_or_scoring(imported: set[str]) -> None:
    layers = ("data.labels", "encoding", "evaluation", "results", "workflow", "testing")
    prefixes = tuple(f"neucocore.{layer}." for layer in layers)
    # The options of all commands are needed to parse the command line.
    code = {n for n in imported if n.startswith(prefixes) and not n.endswith(".options")}
    assert code == set()
