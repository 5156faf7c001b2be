from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from neucocore.data.downloads.rate_limiter import LONGEST_WAIT, quota_is_used_up, seconds_to_wait


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"RateLimit": '"api";r=0;t=55'}, 55),
        ({"ratelimit": '"api"; r=12; t=5'}, 5),
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "soon"}, None),
        ({"X-RateLimit-Reset": "30", "Retry-After": "7"}, 30),
    ],
)
def test_the_time_to_wait_is_read_from_all_rate_limit_headers(headers, seconds):
    assert seconds_to_wait(headers) == seconds


def test_dates_and_unix_times_are_absolute_times():
    then = datetime.now(UTC) + timedelta(seconds=100)
    for text in (format_datetime(then, usegmt=True), str(then.timestamp())):
        assert seconds_to_wait({"Retry-After": text}) == pytest.approx(100, abs=5)
    past = format_datetime(then - timedelta(days=1), usegmt=True)
    assert seconds_to_wait({"Retry-After": past}) == 0


def test_a_quota_is_used_up_if_nothing_remains():
    assert quota_is_used_up({"RateLimit": '"api";r=0;t=1'})
    assert quota_is_used_up({"X-RateLimit-Remaining": "0"})
    assert not quota_is_used_up({"RateLimit": '"api";r=3;t=1'})
    assert not quota_is_used_up({})


def test_waits_grow_up_to_a_limit_and_have_jitter(fake_time):
    limiter = fake_time.limiter()
    for failures in range(1, 12):
        limiter.back_off(failures)
    assert fake_time.waits[0] <= 1
    assert max(fake_time.waits) <= LONGEST_WAIT
    assert fake_time.waits[-1] >= LONGEST_WAIT / 2
    assert fake_time.waits[-1] != fake_time.waits[-2]


def test_no_answer_causes_a_wait_of_more_than_a_quarter_of_an_hour(fake_time):
    limiter = fake_time.limiter()
    limiter.note(429, {"Retry-After": "86400"})
    limiter.wait()
    assert sum(fake_time.waits) == 900


def test_after_a_failure_the_wait_is_at_least_as_long_as_the_server_asked(fake_time):
    limiter = fake_time.limiter()
    limiter.note(503, {"Retry-After": "100"})
    limiter.back_off(1)
    assert fake_time.now == 100
