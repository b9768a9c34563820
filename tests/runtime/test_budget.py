"""Clients of one account in one time share one budget."""

from __future__ import annotations

import gc
import threading
import weakref

from connectors.core.policy import Standing, Window
from connectors.runtime import budget
from connectors.runtime.budget import shared_budget
from connectors.sandbox import Clock

ONE = (Window(1, 10.0),)


def test_clients_of_one_account_draw_on_the_same_budget() -> None:
    clock = Clock()
    first = shared_budget(clock, ("api.example.org", "key"), ONE, 10)
    second = shared_budget(clock, ("api.example.org", "key"), ONE, 10)

    assert [first.reserve("x"), second.reserve("x"), first.reserve("x")] == [0.0, 10.0, 20.0]


def test_other_accounts_hosts_and_times_have_their_own() -> None:
    clock = Clock()
    accounts = [
        shared_budget(clock, ("api.example.org", "key"), ONE, 10),
        shared_budget(clock, ("api.example.org", "kez"), ONE, 10),
        shared_budget(clock, ("api.example.com", "key"), ONE, 10),
        shared_budget(clock, ("api.example.orgkey", ""), ONE, 10),
        shared_budget(Clock(), ("api.example.org", "key"), ONE, 10),
    ]

    assert [account.reserve("x") for account in accounts] == [0.0] * 5


def test_a_credential_that_is_an_object_stands_for_itself() -> None:
    clock, one, other = Clock(), object(), object()
    first = shared_budget(clock, ("h", one), ONE, 10)

    assert first.reserve("x") == 0.0
    assert shared_budget(clock, ("h", other), ONE, 10).reserve("x") == 0.0
    assert shared_budget(clock, ("h", one), ONE, 10).reserve("x") == 10.0


def test_time_that_passes_frees_places() -> None:
    clock = Clock()
    reserve = shared_budget(clock, ("h", "k"), ONE, 10).reserve
    reserve("x")
    clock.sleep(7.0)

    assert reserve("x") == 3.0


def test_the_key_itself_is_not_kept() -> None:
    clock = Clock()
    shared_budget(clock, ("h", "c4n4ry"), ONE, 10)

    assert "c4n4ry" not in repr({**budget._accounts[clock]})


def test_a_time_that_is_over_takes_its_budgets_with_it() -> None:
    clock = Clock()
    shared_budget(clock, ("h", "k"), ONE, 10)
    gone = weakref.ref(clock)

    del clock
    gc.collect()

    assert gone() is None


def test_no_place_is_given_twice_to_threads() -> None:
    reserve = shared_budget(Clock(), ("h", "k"), ONE, 10).reserve
    waits: list[float] = []
    start = threading.Barrier(8)

    def work() -> None:
        start.wait(5)
        for _ in range(50):
            waits.append(reserve("x"))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(waits) == [10.0 * n for n in range(400)]


def test_an_answer_can_lower_how_many_calls_go_at_a_time_and_never_raise_it() -> None:
    rate = shared_budget(Clock(), ("h", "k"), ONE, 10)

    rate.learn(Standing(in_flight=4))
    assert rate.slots.limit == 4
    rate.learn(Standing(in_flight=400))
    assert rate.slots.limit == 10
    rate.learn(Standing(in_flight=0))
    assert rate.slots.limit == 1


def test_what_other_programs_used_of_a_window_is_left_to_them() -> None:
    clock = Clock()
    rate = shared_budget(clock, ("h", "k"), (Window(10, 60.0),), 10)
    assert rate.reserve("x") == 0.0

    rate.learn(Standing(limit=10, remaining=1, reset=20.0))

    assert [rate.reserve("x"), rate.reserve("x")] == [0.0, 20.0]


def test_what_is_left_of_one_window_says_nothing_of_another() -> None:
    rate = shared_budget(Clock(), ("h", "k"), (Window(80, 1.0), Window(30_000, 600.0)), 10)

    rate.learn(Standing(limit=80, remaining=0, reset=1.0))

    assert rate.reserve("x") == 1.0


def test_clients_of_one_account_ask_one_question_once() -> None:
    clock = Clock()
    first, second = (shared_budget(clock, ("h", "k"), ONE, 10) for _ in range(2))

    assert first.ask("a/x", "a", 900.0) == 0.0
    assert second.ask("a/x", "a", 900.0) == 900.0
    first.unask("a/x")
    assert second.ask("a/x", "a", 900.0) == 0.0
    second.asked("a/x")
    clock.sleep(100.0)
    assert first.ask("a/x", "a", 900.0) == 800.0
    first.bar("a", 1000.0)
    assert second.ask("a/y", "a", 900.0) == 1000.0


def test_a_call_that_is_collected_meanwhile_ends_its_question() -> None:
    clock = Clock()
    rate = shared_budget(clock, ("h", "k"), ONE, 10)
    rate.ask("a", "a", 900.0)
    passed: list[float] = []

    class Collecting(Clock):
        def monotonic(self) -> float:
            rate.unask("a")
            return super().monotonic()

    def work() -> None:
        passed.append(shared_budget(Collecting(), ("h", "k"), ONE, 10).reserve("x"))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(5.0)

    assert passed == [0.0]
    assert rate.ask("a", "a", 900.0) == 0.0


def test_a_client_that_comes_later_may_go_as_fast_as_the_first() -> None:
    clock = Clock()
    shared_budget(clock, ("h", "k"), ONE, 10).learn(Standing(in_flight=2))

    later = shared_budget(clock, ("h", "k"), ONE, 10)
    later.learn(Standing(in_flight=8))

    assert later.slots.limit == 8
