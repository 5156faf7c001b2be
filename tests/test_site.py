"""The documentation site: it builds without a warning, and its generated pages are complete."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest
import yaml

import neucocore
import neucocore.plugin
from neucocore.cli import plugin_commands

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site. A link without a target and an undocumented page are errors (mkdocs.yml)."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "-d", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert not re.search("WARNING|ERROR", done.stderr), done.stderr
    return folder


def headings(page: Path, level: int) -> list[str]:
    """Return the texts of the headings of a page."""
    found = re.findall(rf"<h{level}\b.*?>(.*?)</h{level}>", page.read_text("utf-8"), re.DOTALL)
    return [unescape(re.sub("<.*?>", "", re.sub("<a .*?</a>", "", text))).strip() for text in found]


@pytest.mark.parametrize("module", [neucocore, neucocore.plugin], ids=lambda m: m.__name__)
def test_every_public_name_is_described(module, site):
    page = site / "api" / module.__name__.rpartition(".")[2] / "index.html"
    names = [text.split()[0] for text in headings(page, 3)]
    assert sorted(names) == sorted(module.__all__)
    text = page.read_text("utf-8")
    assert "label_task" in text or module is not neucocore  # made from options, shown as a function


def test_every_command_is_described_with_its_options(site):
    text = unescape((site / "commands" / "index.html").read_text("utf-8"))
    for name in ("evaluate", "data generate", "registry check", *plugin_commands.commands()):
        assert f">neuco {name}<" in text, name
    assert "--label-task [STEM=]TASK" in text
    assert "<bool>" not in text


def test_every_known_plugin_has_a_row(site):
    text = (site / "plugins" / "list" / "index.html").read_text("utf-8")
    registry = yaml.safe_load((ROOT / "registry.yaml").read_text("utf-8"))["plugins"]
    for plugin in registry:
        assert f"pip install {plugin['distribution']}<" in text
    assert text.count("<tr>") == len(registry) + 1


def test_links_that_leave_the_site_name_files_that_exist(site):
    address = re.compile(r'href="https://github.com/neuco-bench/neuco/blob/main/([^"#]+)')
    found = {path for page in site.rglob("*.html") for path in address.findall(page.read_text())}
    assert "CITATION.cff" in found
    generated = {"docs/commands.md", "docs/plugins/list.md", "docs/api/neucocore.md"}
    generated.add("docs/api/plugin.md")
    missing = {path for path in found if not (ROOT / path).exists()}
    assert missing <= generated
