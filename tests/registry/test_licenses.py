from __future__ import annotations

import pytest

from neucocore.registry.licenses import license_problem


@pytest.mark.parametrize(
    "text",
    ["MIT", "CC-BY-4.0 AND CC0-1.0", "(MIT OR Apache-2.0) AND CC-BY-4.0", "LicenseRef-Copernicus"],
)
def test_spdx_expressions_are_understood(text: str) -> None:
    assert license_problem(text) == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Apache2.0", "unknown licence 'Apache2.0'; did you mean 'Apache-2.0'"),
        ("MIT OR mine", "unknown licence 'mine'; write the SPDX identifier"),
        ("", "unknown licence ''; write the SPDX identifier"),
        ("LicenseRef-", "unknown licence 'LicenseRef-'"),
        ("MIT Apache-2.0", "unknown licence 'MIT Apache-2.0'"),
    ],
)
def test_anything_else_is_said_with_the_nearest(text: str, said: str) -> None:
    assert license_problem(text).startswith(said)
