"""The conformance kit in pytest: one test per check, and fixtures for a plugin's own tests.

pytest loads this module through the entry point ``pytest11``, so its fixtures are available without
an import. The module imports nothing of neucocore at its top, because coverage does not see what is
imported before it starts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from neucocore.data.cubes.cube import Cube
    from neucocore.testing.kit import PlannedCheck


def conformance(
    plugin: str, *, without: Collection[str] = ()
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Run a test once for each check that applies to a plugin.

    The test takes ``check`` and calls it::

        @conformance("mine")
        def test_conformance(check):
            check()

    The test fails for a broken promise, is an expected failure for advice that is not followed,
    and is skipped for a check that cannot run.

    Parameters
    ----------
    plugin
        The plugin's name.
    without
        Checks (``probe-scale``) or components (``encoder mine``) to leave out.
    """
    from neucocore.testing.kit import plan

    params = [pytest.param(_Call(planned), id=planned.id) for planned in plan(plugin, without)]
    return pytest.mark.parametrize("check", params)


class _Call:
    """A planned check as a function that reports its result to pytest."""

    def __init__(self, planned: PlannedCheck) -> None:
        self.planned = planned

    def __call__(self) -> None:
        record = self.planned.record()
        if record.status == "skipped":
            pytest.skip(record.reason)
        if record.broken:
            pytest.fail(f"{self.planned.id}: {record.reason}", pytrace=False)
        if record.status == "failed":
            pytest.xfail(record.reason)


@pytest.fixture
def neuco_cubes() -> Callable[..., list[Cube]]:
    """Return `neucocore.testing.make_cubes`, which generates cubes in memory."""
    from neucocore.testing import make_cubes

    return make_cubes


@pytest.fixture
def neuco_cube_folder() -> Callable[..., Path]:
    """Return `neucocore.testing.write_cube_folder`, which writes cubes and labels to a folder."""
    from neucocore.testing import write_cube_folder

    return write_cube_folder
