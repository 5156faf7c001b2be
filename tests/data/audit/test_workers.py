"""Cubes checked in worker processes."""

from __future__ import annotations

import os

import pytest

from neucocore.data.audit.workers import submitted
from neucocore.errors import RunError


def test_results_are_those_of_the_calls() -> None:
    with submitted([(2, 3), (2, 4)], 2, pow) as futures:
        assert [future.result() for future in futures] == [8, 16]


def test_a_worker_that_dies_is_an_error_with_a_hint() -> None:
    with (
        pytest.raises(RunError, match="a worker process died while checking cubes") as caught,
        submitted([(7,), (7,)], 2, os._exit) as futures,
    ):
        futures[0].result()
    assert caught.value.hint == "use fewer --jobs"
