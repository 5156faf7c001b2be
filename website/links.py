"""Point links that leave docs/ to the repository, since those files are no pages of the site."""

from __future__ import annotations

import posixpath
import re
from typing import Any

LINK = re.compile(r"(\]\()((?:\.\./)+[^)#\s]*)(#[^)\s]*)?\)")


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Return the text of a page with links to files outside docs/ as addresses."""
    folder = posixpath.dirname(page.file.src_uri)

    def absolute(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join("docs", folder, match[2]))
        if target.startswith("docs/") and target.endswith((".md", ".png")):
            return match[0]
        return f"{match[1]}{config.repo_url}/blob/main/{target}{match[3] or ''})"

    return LINK.sub(absolute, markdown)
