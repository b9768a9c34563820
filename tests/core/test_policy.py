"""Retries and rate budgets by their values; no clock runs."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.core.policy import Budget, Retries, Standing, Window, retries_of
from connectors.errors import AnswerLost, CallError, ConfigError, ServerError, Throttled

LOST = AnswerLost("reset")


def throttled(seconds: float | None) -> Throttled:
    return Throttled("slow down", status=429, retry_after=seconds)


# --- retries ---------------------------------------------------------------------------------


def test_pauses_double_up_to_the_longest() -> None:
    retries = Retries(attempts=9, first=0.5, longest=6.0, jitter=lambda: 0.0)

    pauses = [retries.pause(LOST, attempts, 0.0) for attempts in range(1, 8)]

    assert pauses == [0.5, 1.0, 2.0, 4.0, 6.0, 6.0, 6.0]


def test_jitter_adds_at_most_a_second_and_at_most_the_pause_again() -> None:
    retries = Retries(first=0.25, jitter=lambda: 1.0)

    assert [retries.pause(LOST, n, 0.0) for n in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, 3.0]


def test_a_pause_that_the_service_asks_for_is_not_cut_to_the_longest() -> None:
    assert Retries(longest=1.0, jitter=lambda: 0.0).pause(throttled(120.0), 1, 0.0) == 120.0


def test_a_short_wish_of_the_service_does_not_shorten_the_own_pause() -> None:
    assert Retries(first=8.0, jitter=lambda: 0.0).pause(throttled(1.0), 1, 0.0) == 8.0


def test_a_service_that_names_no_pause_gets_the_own() -> None:
    assert Retries(jitter=lambda: 0.0).pause(throttled(None), 1, 0.0) == 0.5


@given(
    asked=st.floats(0, 1000),
    attempts=st.integers(1, 25),
    elapsed=st.floats(0, 1000),
    jitter=st.floats(0, 1, exclude_max=True),
    most=st.integers(1, 20),
)
def test_a_pause_keeps_every_promise_or_is_given_up(
    asked: float, attempts: int, elapsed: float, jitter: float, most: int
) -> None:
    retries = Retries(attempts=most, deadline=300.0, jitter=lambda: jitter)

    pause = retries.pause(throttled(asked), attempts, elapsed)

    if pause is None:
        longest = max(asked, 60.0) + 1.0
        assert attempts >= most or elapsed + longest > 300.0
    else:
        assert attempts < most
        assert asked <= pause
        assert elapsed + pause <= 300.0


@pytest.mark.parametrize("error", [LOST, throttled(3.0), ServerError("", status=503)])
def test_the_last_attempt_has_no_pause(error: CallError) -> None:
    assert Retries(attempts=3).pause(error, 2, 0.0) is not None
    assert Retries(attempts=3).pause(error, 3, 0.0) is None
    assert Retries(attempts=1).pause(error, 1, 0.0) is None


def test_a_pause_may_end_at_the_deadline_and_not_after_it() -> None:
    retries = Retries(deadline=60.0, jitter=lambda: 0.0)

    assert retries.pause(throttled(20.0), 1, 40.0) == 20.0
    assert retries.pause(throttled(20.0), 1, 40.5) is None


# --- budgets ---------------------------------------------------------------------------------


def test_a_full_window_opens_when_its_oldest_call_leaves_it() -> None:
    budget = Budget([Window(2, 10.0)])

    assert [budget.reserve("x", now) for now in (0.0, 4.0, 5.0, 5.0, 30.0)] == [0, 0, 5, 9, 0]


def ask(budget: Budget, about: str, now: float, pause: float = 900.0) -> float:
    """Seconds until there may be a question; where that is now, it is answered at once."""
    delay = budget.ask(about, about.partition("/")[0], pause, now)
    if delay == 0:
        budget.asked(about, now)
    return delay


def test_one_thing_is_asked_about_once_in_a_pause() -> None:
    budget = Budget([])

    assert [ask(budget, "a", now) for now in (0.0, 0.0, 899.0, 900.0, 901.0)] == [
        0.0,
        900.0,
        1.0,
        0.0,
        899.0,
    ]
    assert ask(budget, "b", 901.0) == 0.0


def test_a_question_is_asked_once_however_long_it_is_under_way_and_counts_from_its_answer() -> None:
    budget = Budget([])
    assert budget.ask("a", "a", 900.0, 0.0) == 0.0

    assert budget.ask("a", "a", 900.0, 5000.0) == 900.0
    assert budget.ask("b", "b", 900.0, 5000.0) == 0.0
    budget.asked("a", 6000.0)
    assert budget.ask("a", "a", 900.0, 6001.0) == 899.0


def test_a_question_that_was_none_may_be_asked_at_once() -> None:
    budget = Budget([])
    budget.ask("a", "a", 900.0, 0.0)

    budget.unask("a")

    assert budget.ask("a", "a", 900.0, 1.0) == 0.0


def test_a_question_that_was_none_takes_no_earlier_one_with_it() -> None:
    budget = Budget([])
    ask(budget, "a", 0.0)

    assert budget.ask("a", "a", 5.0, 10.0) == 0.0
    budget.unask("a")

    assert ask(budget, "a", 20.0) == 880.0


@pytest.mark.parametrize("pause", [0.0, 5.0])
def test_a_client_of_a_shorter_pause_takes_none_of_the_others_away(pause: float) -> None:
    budget = Budget([])
    ask(budget, "a", 0.0)

    assert ask(budget, "b", 10.0, pause) == 0.0

    assert ask(budget, "a", 10.0) == 890.0
    assert ask(budget, "b", 10.0) == 900.0


def test_a_client_without_a_pause_may_always_ask_and_ends_no_question_of_another() -> None:
    budget = Budget([])
    budget.bar("a", 3600.0, 0.0)
    budget.ask("b", "b", 900.0, 0.0)

    assert [ask(budget, "a", 0.0, 0.0), ask(budget, "a", 0.0, 0.0)] == [0.0, 0.0]
    assert budget.ask("b", "b", 0.0, 0.0) == 0.0
    budget.unask("b")

    assert ask(budget, "b", 1.0) == 900.0


def test_nobody_asks_about_any_part_before_the_pause_that_the_service_wants_is_over() -> None:
    budget = Budget([])
    ask(budget, "a/x", 0.0)
    budget.bar("a", 3600.0, 0.0)
    budget.bar("a", 900.0, 0.0)
    budget.bar("c", 10.0, 0.0)

    assert [ask(budget, "a/x", 901.0), ask(budget, "a/y", 901.0)] == [2699.0, 2699.0]
    assert ask(budget, "b/x", 901.0) == 0.0
    assert ask(budget, "a/y", 3600.0) == 0.0


def test_a_longer_pause_of_the_client_outlasts_that_of_the_service() -> None:
    budget = Budget([])
    ask(budget, "a/x", 0.0, 7200.0)
    budget.bar("a", 3600.0, 0.0)

    assert ask(budget, "a/x", 3600.0, 7200.0) == 3600.0


def test_a_longer_pause_is_remembered_for_as_long() -> None:
    budget = Budget([])
    ask(budget, "a", 0.0, 7200.0)

    for n in range(100):
        ask(budget, f"other {n}", 7000.0)

    assert ask(budget, "a", 7100.0, 7200.0) == 100.0


def test_a_pause_that_never_ends_is_kept() -> None:
    budget = Budget([])
    ask(budget, "a", 0.0, math.inf)
    ask(budget, "b", 1e9)

    assert ask(budget, "a", 1e9, math.inf) == math.inf


def test_a_question_that_never_ends_does_not_block_for_ever() -> None:
    budget = Budget([])
    budget.ask("a", "a", 900.0, 0.0)

    assert budget.ask("a", "a", 900.0, 8000.0) == 900.0
    assert budget.ask("a", "a", 900.0, 8200.0) == 0.0


def test_a_year_of_questions_is_not_remembered() -> None:
    budget = Budget([])

    for n in range(100_000):
        if n % 10 == 0:  # one that is asked again and again must not keep the others
            assert ask(budget, "the same", float(n), 5.0) == 0.0
        ask(budget, f"envelope {n}", float(n))

    assert len(budget._asked) <= 901
    assert budget._asking == {}


def test_a_year_of_refusals_is_not_remembered() -> None:
    budget = Budget([])

    for n in range(10_000):
        budget.bar(f"envelope {n}", n + 900.0, float(n))

    assert len(budget._barred) <= 900


def test_without_windows_nothing_waits() -> None:
    budget = Budget([])

    assert [budget.reserve("x", 5.0) for _ in range(100)] == [0.0] * 100


def test_an_endpoint_has_its_own_window_beside_the_common_one() -> None:
    budget = Budget([Window(3, 1.0), Window(1, 1.0, "batch")])

    assert [budget.reserve(o, 0.0) for o in ("batch", "batch", "list", "list", "list")] == [
        0.0,
        1.0,
        0.0,
        0.0,
        1.0,
    ]


def test_a_long_queue_for_one_endpoint_does_not_hold_back_the_others() -> None:
    budget = Budget([Window(3, 1.0), Window(1, 600.0, "batch")])
    assert [budget.reserve("batch", 0.0) for _ in range(3)] == [0.0, 600.0, 1200.0]

    waits = [budget.reserve("list", 10.0 + n) for n in range(50)]

    assert waits == [0.0] * 50


def test_a_block_holds_everything_back_and_is_never_shortened() -> None:
    budget = Budget([Window(1, 1.0, "batch")])
    budget.hold(30.0)
    budget.hold(20.0)

    assert budget.reserve("list", 0.0) == 30.0
    assert budget.reserve("batch", 12.0) == 18.0
    assert budget.reserve("batch", 30.0) == 1.0
    assert budget.reserve("list", 31.0) == 0.0


# Quarters of a second, so that sums of them are exact.
QUARTERS = st.integers(1, 12).map(lambda n: n / 4)
WINDOWS = st.lists(
    st.builds(Window, st.integers(1, 4), QUARTERS, st.sampled_from(["", "a", "b"])),
    min_size=1,
    max_size=3,
)
ASKED = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 8).map(lambda n: n / 4)),
    min_size=1,
    max_size=40,
)


@given(windows=WINDOWS, asked=ASKED)
def test_no_window_ever_holds_more_than_its_calls(
    windows: list[Window], asked: list[tuple[str, float]]
) -> None:
    budget, now, starts = Budget(windows), 0.0, list[tuple[str, float]]()
    for operation, later in asked:
        now += later
        wait = budget.reserve(operation, now)
        assert wait >= 0.0
        starts.append((operation, now + wait))

    for window in windows:
        mine = sorted(at for operation, at in starts if window.operation in ("", operation))
        for first, next_after in zip(mine, mine[window.calls :], strict=False):
            assert next_after - first >= window.seconds


@given(windows=WINDOWS, asked=ASKED)
def test_no_call_waits_longer_than_it_must(
    windows: list[Window], asked: list[tuple[str, float]]
) -> None:
    budget, now, starts = Budget(windows), 0.0, list[tuple[str, float]]()

    def fits(operation: str, at: float) -> bool:
        for window in (w for w in windows if w.operation in ("", operation)):
            held = [s for o, s in starts if window.operation in ("", o)]
            held = sorted([*held, at])
            if any(
                b - a < window.seconds for a, b in zip(held, held[window.calls :], strict=False)
            ):
                return False
        return True

    for operation, later in asked[:20]:
        now += later
        start = now + budget.reserve(operation, now)
        sooner = now
        while sooner < start:
            assert not fits(operation, sooner)
            sooner += 0.25
        starts.append((operation, start))


# --- what a host chose, what the service says ------------------------------------------------


@pytest.mark.parametrize(
    "wrong", [{"attempts": 0}, {"attempts": 21}, {"deadline": -1.0}, {"first": -0.1}]
)
def test_retries_that_cannot_be_right_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Retries(**wrong)


def test_a_number_of_retries_counts_the_sends_after_the_first() -> None:
    assert retries_of(0).attempts == 1
    assert retries_of(3).attempts == 4
    assert retries_of(None) == Retries()
    assert retries_of(Retries(attempts=2)).attempts == 2


def test_a_place_that_nobody_waits_for_is_not_taken() -> None:
    budget = Budget([Window(1, 60.0)])
    budget.reserve("x", 0.0)

    assert budget.reserve("x", 0.0, 5.0) == 60.0
    assert budget.reserve("x", 0.0, 60.0) == 60.0
    assert budget.reserve("x", 0.0) == 120.0


@pytest.mark.parametrize("wrong", [-1, 20])
def test_a_number_of_retries_that_cannot_be_is_refused_in_the_callers_words(wrong: int) -> None:
    with pytest.raises(ConfigError, match=f"retries must be 0 to 19.*{wrong}"):
        retries_of(wrong)


def test_calls_of_strangers_count_until_their_window_is_over() -> None:
    budget = Budget([Window(10, 60.0)])
    budget.reserve("x", 100.0)

    budget.learn(Standing(limit=10, remaining=0, reset=5.0), 100.0)

    assert budget.reserve("x", 100.0) == 5.0
    assert budget.reserve("x", 106.0) == 0.0


def test_what_the_service_has_not_counted_yet_is_not_forgotten() -> None:
    budget = Budget([Window(3, 60.0)])
    for _ in range(3):
        budget.reserve("x", 0.0)

    budget.learn(Standing(limit=3, remaining=3, reset=60.0), 0.0)

    assert budget.reserve("x", 0.0) == 60.0


@given(
    remaining=st.integers(0, 12),
    reset=st.floats(0, 100),
    starts=st.lists(st.floats(0, 30), max_size=15),
)
def test_learning_leaves_the_places_in_order_and_never_gives_one_earlier(
    remaining: int, reset: float, starts: list[float]
) -> None:
    told, alone = Budget([Window(10, 60.0)]), Budget([Window(10, 60.0)])
    for now in sorted(starts):
        told.reserve("x", now), alone.reserve("x", now)

    told.learn(Standing(limit=10, remaining=remaining, reset=reset), 31.0)

    [(_, taken)] = told._windows
    assert taken == sorted(taken)
    assert told.reserve("x", 31.0) >= alone.reserve("x", 31.0)


def test_places_ahead_of_time_are_no_calls_that_the_service_counted() -> None:
    budget = Budget([Window(10, 60.0), Window(1, 1.0, "slow")])
    for _ in range(5):  # at 0, 1, 2, 3 and 4
        budget.reserve("slow", 0.0)

    budget.learn(Standing(limit=10, remaining=5, reset=60.0), 0.0)

    # Five were used, four of them by strangers; four of ours are still to come.
    assert [budget.reserve("x", 0.0), budget.reserve("x", 0.0)] == [0.0, 60.0]


def test_a_reset_beyond_the_window_holds_back_no_longer_than_the_window() -> None:
    budget = Budget([Window(10, 60.0)])

    budget.learn(Standing(limit=10, remaining=0, reset=5000.0), 100.0)

    assert budget.reserve("x", 100.0) == 60.0


def test_what_is_left_of_the_account_says_nothing_of_an_endpoint_with_as_many_calls() -> None:
    budget = Budget([Window(10, 60.0, "slow")])

    budget.learn(Standing(limit=10, remaining=0, reset=60.0), 0.0)

    assert budget.reserve("slow", 0.0) == 0.0
