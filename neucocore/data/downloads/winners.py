"""The embeddings of the 2025 challenge's winners, pinned by their sha256."""

from __future__ import annotations

from collections.abc import Mapping

from neucocore.data.downloads.fetching import Answer, Get
from neucocore.data.downloads.file import RemoteFile, Source
from neucocore.data.downloads.hub import session_get

URL = "https://media.githubusercontent.com/media/embed2scale/NeuCo-Bench/main/data/"
FILES = {
    "404_Embedding_Not_Found_eval_final_submission.csv": (
        "df16cd87a96fa550ff647b34a8949388bec07d6b270c8e5ef941725133a1046f",
        133028192,
    ),
    "AI4G_intern_squad_eval_final_submission.csv": (
        "c78f9c4f7b794d7da89a315d9a2b1d35b03bb6c8742b6cf52d6a2066e6cfd6f2",
        91817778,
    ),
    "KTH_and_Friends_eval_final_submission.csv": (
        "3e800b9e5ca3755a00a934e7262e96b967a66849fe4cf9e7bb8a37dad6caf463",
        61426375,
    ),
    "baseline_mean_embeddings_eval.csv": (
        "e705368cc9f1a8a73635165f17619eacd56f971bfedcc918fe04068360ef7651",
        90140926,
    ),
    "baseline_random_embeddings_eval.csv": (
        "5e7ba9f40846d8675a4f33d0986b847b55dedb2c2cad5c316e417dfcd8531a59",
        163582298,
    ),
}
"""The embeddings of the 2025 challenge's winners and its two baselines: sha256 and bytes."""


class Winners:
    """Origin of the winners' embeddings: NeuCo-Bench's repository.

    The files have digests of their own, so there is one revision, whatever the repository does.
    """

    name = "winners"
    revision = "eval-final"

    def commit(self, revision: str) -> str:
        """Return the revision itself."""
        return revision

    def source(self, commit: str) -> Source:
        """Return the five files."""
        files = (
            RemoteFile(name, size, f"sha256:{digest}") for name, (digest, size) in FILES.items()
        )
        return Source(self.name, commit, tuple(files))

    def get(self, commit: str) -> Get:
        """Return what fetches them."""
        del commit  # there is only one

        def get(file: RemoteFile, headers: Mapping[str, str]) -> Answer:
            return session_get(URL + file.path, headers)

        return get
