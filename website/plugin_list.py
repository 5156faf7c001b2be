"""Write the page of known plugins from registry.yaml and the last check of each plugin."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import yaml
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
STATUS = ROOT / "docs" / "evidence" / "registry-status.json"
PAGE = "plugins/list.md"
INTRODUCTION = """---
hide: [toc]
---

# Known plugins

Every plugin of the registry, with its status, its licences and the result of the conformance kit.
To be listed here, see [Be listed](listing.md). A listing is neither a judgement of quality nor a
promise of security: [Trust](trust.md).

<label for="plugin-search">Search names, kinds and components:</label>
<input id="plugin-search" type="search" placeholder="biomass, encoder, ..." autocomplete="off">
<p id="plugin-count" role="status"></p>
"""
SCRIPT = """
<script>
const search = document.getElementById("plugin-search");
const rows = [...document.querySelectorAll("#plugins tbody tr")];
function update() {
  const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
  for (const row of rows) {
    row.hidden = !words.every(word => row.textContent.toLowerCase().includes(word));
  }
  const shown = rows.filter(row => !row.hidden).length;
  document.getElementById("plugin-count").textContent = shown + " of " + rows.length + " plugins";
}
search.addEventListener("input", update);
update();
</script>
"""


def on_files(files: Files, config: Any, **_: Any) -> Files:
    """Add the page to the site."""
    registry = yaml.safe_load((ROOT / "registry.yaml").read_text("utf-8"))
    checked = json.loads(STATUS.read_text("utf-8")) if STATUS.exists() else []
    files.append(File.generated(config, PAGE, content=page(registry["plugins"], checked)))
    return files


def page(plugins: list[Mapping[str, Any]], checked: Sequence[Mapping[str, Any]]) -> str:
    """Return the page: a search field and a table with one row per plugin."""
    heads = ("plugin", "what it provides", "status", "licence", "conformance")
    table = [
        '<div style="overflow-x: auto"><table id="plugins">',
        "<thead><tr>" + "".join(f"<th>{head}</th>" for head in heads) + "</tr></thead><tbody>",
        *(row(plugin, checked) for plugin in plugins),
        "</tbody></table></div>",
    ]
    return INTRODUCTION + "\n" + "\n".join(table) + "\n" + SCRIPT


def row(plugin: Mapping[str, Any], checked: Sequence[Mapping[str, Any]]) -> str:
    """Return the row of a plugin as HTML; everything from the registry is escaped."""
    provides = [
        f"{escape(kind)}: " + ", ".join(f"<code>{escape(name)}</code>" for name in names)
        for kind, names in plugin.get("provides", {}).items()
    ]
    if commands := plugin.get("commands"):
        provides.append("commands: " + ", ".join(f"<code>{escape(c)}</code>" for c in commands))
    licence = escape(plugin["license"])
    if data := plugin.get("data_license"):
        licence += f"<br>data: {escape(data)}"
    link = f'<a href="{escape(plugin["repository"])}">{escape(plugin["name"])}</a>'
    cells = (
        f"{link}<br><code>pip install {escape(plugin['distribution'])}</code>",
        "<br>".join([escape(plugin["summary"]), *provides]),
        escape(plugin["status"]),
        licence,
        escape(conformance(plugin["name"], checked)),
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def conformance(name: str, checked: Sequence[Mapping[str, Any]]) -> str:
    """Return the result of the last check of a plugin in one or two words."""
    for result in checked:
        if result["name"] == name:
            version, passed = result["version"], result["checks"].get("passed", 0)
            return f"{result['status']}: version {version}, {passed} checks"
    return "not checked yet"
