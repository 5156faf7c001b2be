"""The identity of runs that NeuCo-Bench has written, from the configuration in their summary."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import Any

from neucocore.errors import NeucoError
from neucocore.evaluation.neucobench.config import recorded_protocol
from neucocore.evaluation.protocols import DIGEST_LENGTH

NEUCO_BENCH = "neuco-bench"
# Defaults of NeuCo-Bench's configuration, for the keys that scores depend on.
_DEFAULTS = {
    "embedding_dim": None,
    "standardize_embeddings": True,
    "normalize_labels": True,
}


def neuco_bench_identity(config: Any) -> str:
    """Return the identity of a run with this configuration.

    Where a protocol of neuco has the same options, it is that of the protocol.
    """
    if not isinstance(config, dict):
        return NEUCO_BENCH
    with suppress(NeucoError, TypeError):
        if (chosen := recorded_protocol(config)) is not None:
            return chosen.identity
    names = ("k_folds", "probe_type", *_DEFAULTS)
    relevant = {name: config.get(name, _DEFAULTS.get(name)) for name in names}
    params = config.get("probe_params")
    relevant["probe_params"] = {
        name: value
        for name, value in (params if isinstance(params, dict) else {}).items()
        if name != "device"
    }
    text = json.dumps(relevant, sort_keys=True)
    return f"{NEUCO_BENCH}+{hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]}"
