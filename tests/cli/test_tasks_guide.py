"""The guide quotes the ships plugin; a quotation that is no longer there fails here."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```(?:python|toml)\n(.*?)```", re.DOTALL)


def quotations() -> list[str]:
    return BLOCK.findall((ROOT / "docs/plugins/ships.md").read_text())


def sources() -> str:
    plugin = ROOT / "plugins/ships"
    files = [plugin / "pyproject.toml", *sorted((plugin / "src").rglob("*.py"))]
    return "\n".join(file.read_text() for file in files)


def test_the_guide_goes_through_the_plugin():
    assert len(quotations()) > 10


@pytest.mark.parametrize("quotation", quotations(), ids=lambda text: text.strip().split("\n")[0])
def test_what_the_guide_quotes_stands_in_the_plugin(quotation):
    assert quotation in sources()
