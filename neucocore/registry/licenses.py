"""Licence names, as SPDX writes them."""

from __future__ import annotations

import re

from neucocore.messages import did_you_mean

CUSTOM_PREFIX = "LicenseRef-"
"""SPDX's way to name terms that are not on its list, such as a data policy."""

_LISTED = """
0BSD AFL-3.0 AGPL-3.0-only AGPL-3.0-or-later Apache-2.0 Artistic-2.0 BSD-2-Clause
BSD-3-Clause BSL-1.0 BlueOak-1.0.0 CC-BY-3.0 CC-BY-3.0-IGO CC-BY-4.0 CC-BY-NC-3.0
CC-BY-NC-4.0 CC-BY-NC-ND-4.0 CC-BY-NC-SA-3.0 CC-BY-NC-SA-4.0 CC-BY-ND-4.0 CC-BY-SA-3.0
CC-BY-SA-3.0-IGO CC-BY-SA-4.0 CC-PDDC CC0-1.0 CDLA-Permissive-1.0 CDLA-Permissive-2.0
CDLA-Sharing-1.0 CECILL-2.1 CECILL-B CECILL-C DL-DE-BY-2.0 DL-DE-ZERO-2.0 ECL-2.0 EPL-2.0
EUPL-1.2 GPL-2.0-only GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later ISC LGPL-2.1-only
LGPL-2.1-or-later LGPL-3.0-only LGPL-3.0-or-later MIT MIT-0 MPL-2.0 MS-PL MulanPSL-2.0 NCSA
NLOD-2.0 ODC-By-1.0 ODbL-1.0 OGL-Canada-2.0 OGL-UK-3.0 PDDL-1.0 PSF-2.0
Python-2.0 Unlicense Zlib etalab-2.0
"""
KNOWN = frozenset(_LISTED.split())
"""The SPDX identifiers under which code, data and models of the field are published."""
_WORDS = re.compile(r"\s+(?:AND|OR)\s+|[()]")


def license_problem(text: str) -> str:
    """Return what is wrong with a licence expression, or an empty text.

    Parameters
    ----------
    text
        SPDX identifiers, joined by ``AND`` or ``OR``; ``LicenseRef-<name>`` for terms without one.
    """
    parts = [part.strip() for part in _WORDS.split(text) if part.strip()]
    unknown = [part for part in parts if part not in KNOWN and not _is_custom(part)]
    if parts and not unknown:
        return ""
    shown = unknown[0] if unknown else text
    hint = did_you_mean(shown, KNOWN) or f"write the SPDX identifier, or {CUSTOM_PREFIX}<name>"
    return f"unknown licence {shown!r}; {hint}"


def _is_custom(part: str) -> bool:
    return re.fullmatch(re.escape(CUSTOM_PREFIX) + r"[A-Za-z0-9.-]+", part) is not None
