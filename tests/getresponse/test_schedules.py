"""A moment as GetResponse takes it: what the clock shows in one of its zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import ConfigError
from connectors.getresponse import calls
from connectors.getresponse.models import (
    SendOn,
    Timezone,
)

ZONES = [
    Timezone(timezone_id=17, name="Europe/London"),
    Timezone(timezone_id=282, name="Europe/Warsaw"),
    Timezone(timezone_id=301, name="America/New_York"),
]


def moment_of(schedule: SendOn, zones: list[Timezone]) -> datetime:
    (name,) = [z.name for z in zones if z.timezone_id == schedule.time_zone_id]
    return schedule.date.replace(tzinfo=ZoneInfo(name)).astimezone(UTC)


def test_a_moment_in_a_zone_that_getresponse_has_stays_as_the_clock_shows_it() -> None:
    when = datetime(2026, 7, 14, 7, 30, tzinfo=ZoneInfo("Europe/Warsaw"))

    assert calls.schedule(when, ZONES) == SendOn(
        date=datetime(2026, 7, 14, 7, 30), time_zone_id=282
    )


@pytest.mark.parametrize(
    "when",
    [
        datetime(2026, 7, 14, 7, 30, tzinfo=UTC),
        datetime(2026, 1, 14, 7, 30, 59, 999, tzinfo=timezone(timedelta(hours=-7))),
        datetime(2026, 7, 14, 7, 30, tzinfo=ZoneInfo("Asia/Tokyo")),
        # An hour that comes twice, in each of its turns.
        datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Warsaw"), fold=0),
        datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Warsaw"), fold=1),
    ],
)
def test_any_moment_can_be_said_in_some_zone(when: datetime) -> None:
    schedule = calls.schedule(when, ZONES)

    assert moment_of(schedule, ZONES) == when.astimezone(UTC).replace(microsecond=0)
    assert schedule.date.tzinfo is None


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(lambda d: d.replace(tzinfo=UTC))
)
def test_every_moment_arrives_as_it_was_meant(when: datetime) -> None:
    assert moment_of(calls.schedule(when, ZONES), ZONES) == when.replace(microsecond=0)


def test_zones_that_are_not_known_here_are_passed_over() -> None:
    zones = [Timezone(timezone_id=1, name="Mars/Base"), Timezone(timezone_id=2, name=""), *ZONES]
    when = datetime(2026, 7, 14, 7, 30, tzinfo=UTC)

    assert moment_of(calls.schedule(when, zones), zones) == when
    with pytest.raises(ConfigError, match="tzdata"):
        calls.schedule(when, zones[:2])
