"""The published embeddings of the 2025 challenge's winners and of its two baselines."""

from __future__ import annotations

from neucocore.plugin import FileSource, HostedFile

WINNERS = FileSource(
    url="https://media.githubusercontent.com/media/embed2scale/NeuCo-Bench/main/data/",
    revision="eval-final",
    files=(
        HostedFile(
            "404_Embedding_Not_Found_eval_final_submission.csv",
            "df16cd87a96fa550ff647b34a8949388bec07d6b270c8e5ef941725133a1046f",
            133028192,
        ),
        HostedFile(
            "AI4G_intern_squad_eval_final_submission.csv",
            "c78f9c4f7b794d7da89a315d9a2b1d35b03bb6c8742b6cf52d6a2066e6cfd6f2",
            91817778,
        ),
        HostedFile(
            "KTH_and_Friends_eval_final_submission.csv",
            "3e800b9e5ca3755a00a934e7262e96b967a66849fe4cf9e7bb8a37dad6caf463",
            61426375,
        ),
        HostedFile(
            "baseline_mean_embeddings_eval.csv",
            "e705368cc9f1a8a73635165f17619eacd56f971bfedcc918fe04068360ef7651",
            90140926,
        ),
        HostedFile(
            "baseline_random_embeddings_eval.csv",
            "5e7ba9f40846d8675a4f33d0986b847b55dedb2c2cad5c316e417dfcd8531a59",
            163582298,
        ),
    ),
)
"""Embeddings of the cubes in ``data_eval``, from the NeuCo-Bench repository."""
