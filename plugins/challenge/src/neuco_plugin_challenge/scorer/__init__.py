"""The scorer that runs on EvalAI and on Codabench: numpy only, Python 3.9, no network.

An exported bundle contains this package and, in ``core``, modules of neucocore that are copied
unchanged in meaning at export (`neuco_plugin_challenge.scorer_sources`). It is therefore only
complete inside a bundle.
"""

from .main import evaluate

__all__ = ["evaluate"]
