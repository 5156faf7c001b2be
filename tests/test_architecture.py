"""The architecture page lists every module, and names only modules that exist."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "architecture.md"


def structure():
    spec = importlib.util.spec_from_file_location("structure", ROOT / "benchmarks" / "structure.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_modules_is_that_of_the_code() -> None:
    text = PAGE.read_text(encoding="utf-8")
    table = text.partition("<!-- modules -->\n")[2].partition("\n<!-- end of modules -->")[0]
    assert table == structure().module_table(ROOT), "python benchmarks/structure.py --modules"


def test_every_path_on_the_page_exists() -> None:
    text = PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:[a-z_]+/)+[a-z_]*(?:\.py)?)`", text))
    missing = [
        path
        for path in sorted(named)
        if not (ROOT / "neucocore" / path).exists() and not (ROOT / path).exists()
    ]
    assert not missing


def test_no_module_lies_loose_beyond_the_ten_that_belong_there() -> None:
    assert len(list((ROOT / "neucocore").glob("*.py"))) <= 10
