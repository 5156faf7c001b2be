from __future__ import annotations

from neucocore.data.downloads.download import Download
from neucocore.data.downloads.fetching import Answer
from neucocore.data.downloads.pace import RateLimiter
from neucocore.data.downloads.winners import Winners


def test_the_winners_embeddings_are_planned_with_their_published_sizes(tmp_path):
    plan = Download(tmp_path, Winners(), RateLimiter()).plan(only=["KTH*"])
    (file,) = plan.wanted
    assert file.path == "KTH_and_Friends_eval_final_submission.csv"
    assert file.size == 61426375
    assert file.digest.startswith("sha256:3e800b9e5ca3755a")
    assert len(Download(tmp_path, Winners(), RateLimiter()).plan().wanted) == 5


def test_they_are_asked_for_without_a_token(tmp_path, monkeypatch):
    asked = []

    def session_get(url, headers):
        asked.append((url, headers))
        return Answer(404, {}, b"")

    monkeypatch.setattr("neucocore.data.downloads.winners.session_get", session_get)
    winners = Winners()
    (file, *_) = winners.source(winners.revision).files
    winners.get(winners.revision)(file, {"Range": "bytes=0-9"})
    ((url, headers),) = asked
    assert url.endswith("/data/404_Embedding_Not_Found_eval_final_submission.csv")
    assert headers == {"Range": "bytes=0-9"}
