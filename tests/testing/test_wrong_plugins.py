"""The kit names each broken promise by its check."""

from __future__ import annotations

import pytest

from neucocore.testing import check_plugin

CHECK_OF = {
    "hidden-transduction": "encoder-history",
    "lost-order": "encoder-order",
    "not-a-number": "encoder-finite",
    "network-at-import": "import-network",
    "leaking-split": "task-splits",
    "wrong-direction": "metric-direction",
    "heavy-import": "import-light",
    "global-seed": "encoder-global-random",
    "depends-on-batch": "encoder-batch-size",
    "writes-files": "import-files",
}
ALSO = {
    # What centres on all cubes it has seen also depends on those beside it.
    "hidden-transduction": {"encoder-batch-size", "encoder-neighbours"},
    "not-a-number": {"encoder-empty-cube"},
}


@pytest.mark.usefixtures("with_wrong_plugins")
@pytest.mark.parametrize(("plugin", "check"), CHECK_OF.items(), ids=list(CHECK_OF))
def test_a_broken_promise_is_named_by_its_check(plugin: str, check: str) -> None:
    broken = {record.id for record in check_plugin(plugin) if record.broken}
    assert broken == {check} | ALSO.get(plugin, set())
