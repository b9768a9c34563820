"""Plans: kept in the store, read page by page, taken to a file and back, refused when stale."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from connectors.domain.plan import Change, Side, Verb
from connectors.engine import cursors, plans
from connectors.engine.plans import PAGE, Draft, Plan
from connectors.engine.schema import CHANGE, PLAN
from connectors.errors import ConfigError, PlanStale
from connectors.stores import SqlStore

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def change(number: int, **values: Any) -> Change:
    made = Change(
        verb=Verb.CREATE,
        side=Side.GETRESPONSE,
        kind="contact",
        ref=f"c{number}",
        subject=f"Anna {number} <an…@example.org>",
        reason="is a member",
        before={"name": None},
        after={"name": "Łucja", "tags": ["a", "b"]},
        payload={"n": number, "ok": True, "deep": {"x": 1.5}},
    )
    return evolve(made, **values)


def draft(store: SqlStore, changes: Sequence[Change], connection: str = "c") -> Draft:
    made = Draft(connection, "contacts", "settings-1", NOW)
    store.transact(made.begin)
    for start in range(0, len(changes), 300):
        store.transact(partial(made.add, changes=changes[start : start + 300]))
    made.cursors = {"a": (None, "a1"), "b": (None, None)}
    made.warnings.append("careful")
    return made


def planned(store: SqlStore, changes: Sequence[Change], connection: str = "c") -> Plan:
    made = draft(store, changes, connection)
    store.transact(partial(made.finish, state="planned"))
    return made.plan(store)


def admit(store: SqlStore, plan: Plan, **values: Any) -> None:
    told: dict[str, Any] = {"connection": "c", "settings": "settings-1", "now": NOW}
    told |= {"max_age": HOUR, **values}
    store.transact(partial(plans.admit, plan=plan, **told))


def where(store: SqlStore, connection: str = "c") -> dict[str, str]:
    return store.transact(lambda db: cursors.read(db, connection))


def rows(store: SqlStore) -> tuple[int, int]:
    """How many plans and changes there are."""

    def count(db: Any) -> tuple[int, int]:
        tables = (select(func.count()).select_from(table) for table in (PLAN, CHANGE))
        first, second = (int(db.execute(query).scalar_one()) for query in tables)
        return first, second

    return store.transact(count)


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    url = f"sqlite:///{tmp_path / 'sync.db'}" if request.param == "file" else "sqlite://"
    with closing(SqlStore(url)) as store:
        yield store


@pytest.fixture
def memory() -> Iterator[SqlStore]:
    with closing(SqlStore("sqlite://")) as store:
        yield store


CHANGES = [
    change(1),
    change(2, verb=Verb.SKIP, reason="the CRM contact is inactive"),
    change(3, side=Side.DYNAMICS, kind="record", verb=Verb.MARK, scope="l1"),
    change(4, verb=Verb.CONFLICT, reason="the name was changed on both sides"),
    change(5),
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
bodies = st.dictionaries(st.text(), json_values, max_size=3)
any_change = st.builds(
    Change,
    verb=st.sampled_from(Verb),
    side=st.sampled_from(Side),
    kind=st.text(),
    ref=st.text(),
    scope=st.text(),
    subject=st.text(),
    reason=st.text(),
    before=bodies,
    after=bodies,
    payload=bodies,
)


@settings(max_examples=40)
@given(any_change)
def test_a_change_that_is_encoded_and_decoded_is_the_same(made: Change) -> None:
    assert plans.decode(plans.encode(made)) == made
    assert b"\n" not in plans.encode(made)  # one line of a file


# --- in the store ----------------------------------------------------------------------------


def test_a_plan_counts_by_what_and_by_why(store: SqlStore) -> None:
    plan = planned(store, CHANGES)

    assert plan.counts == {
        "create GetResponse contact": 2,
        "skip GetResponse contact": 1,
        "mark Dynamics record": 1,
        "conflict GetResponse contact": 1,
    }
    assert next(iter(plan.reasons.items())) == ("is a member", 3)
    assert len(plan.reasons) == 3
    assert plan.writes == 3
    assert len(plan) == 5
    assert plan.warnings == ("careful",)
    assert list(plan) == CHANGES


def test_an_empty_plan_is_a_plan(memory: SqlStore) -> None:
    plan = planned(memory, [])

    assert plan
    assert (len(plan), plan.writes, list(plan)) == (0, 0, [])


def test_a_plan_is_read_page_by_page(store: SqlStore) -> None:
    changes = [change(number) for number in range(2 * PAGE + 7)]
    plan = planned(store, changes)
    pages: list[int] = []

    class Counting:
        def transact(self, fn: Callable[[Any], Any]) -> Any:
            page = store.transact(fn)
            pages.append(len(page))
            return page

        def install(self, schema: Any) -> None:
            raise AssertionError

    assert list(plans.stored_changes(Counting(), plan.id)) == changes
    assert pages == [PAGE, PAGE, 7, 0]
    assert list(plan) == list(plan) == changes


def test_reading_the_first_changes_reads_one_page(memory: SqlStore) -> None:
    plan = planned(memory, [change(number) for number in range(PAGE + 1)])
    seen: list[int] = []

    class Counting:
        def transact(self, fn: Callable[[Any], Any]) -> Any:
            seen.append(1)
            return memory.transact(fn)

        def install(self, schema: Any) -> None:
            raise AssertionError

    assert next(plans.stored_changes(Counting(), plan.id)) == change(0)
    assert len(seen) == 1


def test_changes_may_be_read_while_the_store_is_written(store: SqlStore) -> None:
    changes = [change(number) for number in range(PAGE + 1)]

    for number, _ in enumerate(planned(store, changes)):
        if number % 100 == 0:
            store.transact(partial(cursors.write, connection="c", moved={"n": str(number)}))

    assert where(store) == {"n": str(PAGE)}


@pytest.mark.parametrize(
    "other",
    [
        CHANGES[:-1],
        [*CHANGES, change(6)],
        [CHANGES[1], CHANGES[0], *CHANGES[2:]],
        [evolve(CHANGES[0], payload={"n": 2}), *CHANGES[1:]],
        [evolve(CHANGES[0], reason="is a member of it"), *CHANGES[1:]],
        [evolve(CHANGES[0], scope="l1"), *CHANGES[1:]],
        [],
    ],
)
def test_the_digest_changes_with_any_change_and_with_their_order(
    memory: SqlStore, other: list[Change]
) -> None:
    assert planned(memory, CHANGES).digest == planned(memory, CHANGES).digest
    assert planned(memory, other).digest != planned(memory, CHANGES).digest


def test_a_run_that_crashed_leaves_nothing_to_the_next_of_its_job(memory: SqlStore) -> None:
    kept = planned(memory, CHANGES)
    draft(memory, CHANGES)  # never finished
    assert rows(memory) == (2, 10)

    other = Draft("c", "lists", "settings-1", NOW)
    memory.transact(other.begin)
    elsewhere = Draft("d", "contacts", "settings-1", NOW)
    memory.transact(elsewhere.begin)
    assert rows(memory) == (4, 10)

    next_run = Draft("c", "contacts", "settings-1", NOW)
    memory.transact(next_run.begin)
    assert rows(memory) == (4, 5)
    assert list(kept) == CHANGES


def test_a_run_that_was_overtaken_notices_it(memory: SqlStore) -> None:
    slow = draft(memory, CHANGES)
    quick = draft(memory, CHANGES)

    with pytest.raises(PlanStale, match=f"plan {slow.id}: another run of contacts has begun since"):
        memory.transact(partial(slow.finish, state="planned"))

    memory.transact(partial(quick.finish, state="planned"))
    assert len(list(quick.plan(memory))) == 5


# --- shown -----------------------------------------------------------------------------------


def test_a_plan_prints_its_summary_and_its_changes(memory: SqlStore) -> None:
    plan = planned(memory, CHANGES)

    assert str(plan) == "\n".join(
        [
            f"Plan {plan.id} for contacts: 3 changes, 2 left alone",
            "       2  create GetResponse contact",
            "       1  skip GetResponse contact",
            "       1  mark Dynamics record",
            "       1  conflict GetResponse contact",
            "Why:",
            "       3  is a member",
            "       1  the CRM contact is inactive",
            "       1  the name was changed on both sides",
            "Warning: careful",
            *(f"  {c}" for c in sorted(CHANGES, key=lambda c: not c.verb.writes)),
        ]
    )


@pytest.mark.parametrize(
    ("size", "shown", "last"),
    [
        (0, 0, "Warning: careful"),
        (20, 20, "  create   GetResponse    contact Anna 19 <an…@example.org> — is a member"),
        (21, 20, "  … and 1 more"),
        (520, 20, "  … and 500 more"),
    ],
)
def test_a_plan_prints_twenty_changes_and_how_many_more(
    memory: SqlStore, size: int, shown: int, last: str
) -> None:
    lines = str(planned(memory, [change(number) for number in range(size)])).splitlines()

    assert sum(line.startswith("  create   GetResponse    contact Anna") for line in lines) == shown
    assert lines[-1] == last


def test_a_notebook_shows_a_plan_and_no_markup_from_data(memory: SqlStore) -> None:
    shown = planned(memory, [change(1, subject="<b>Anna</b>")])._repr_html_()

    assert "&lt;b&gt;Anna&lt;/b&gt;" in shown


def test_a_plan_as_a_table_has_all_changes(memory: SqlStore) -> None:
    pytest.importorskip("pandas")

    frame = planned(memory, CHANGES).to_frame()

    assert list(frame.columns) == ["verb", "side", "kind", "ref", "subject", "reason"]
    assert list(frame["ref"]) == ["c1", "c2", "c3", "c4", "c5"]
    assert list(frame["side"])[2] == "Dynamics"


def test_a_plan_keeps_data_out_of_logs(memory: SqlStore) -> None:
    assert "Łucja" not in repr(planned(memory, CHANGES))


# --- in a file -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "at", [NOW, NOW.replace(microsecond=1), NOW.astimezone(timezone(timedelta(hours=5.5)))]
)
def test_a_plan_that_is_saved_and_loaded_is_the_same(
    store: SqlStore, tmp_path: Path, at: datetime
) -> None:
    changes = [change(number) for number in range(PAGE + 3)]
    plan = evolve(planned(store, changes), created_at=at, calls={"dynamics contacts.list": 2})

    plan.save(tmp_path / "plan.jsonl")
    loaded = Plan.load(str(tmp_path / "plan.jsonl"))

    assert loaded == plan
    assert str(loaded) == str(plan)
    assert list(loaded) == list(loaded) == changes


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are others there")
def test_a_saved_plan_is_readable_by_its_owner_only_and_leaves_no_other_file(
    memory: SqlStore, tmp_path: Path
) -> None:
    path = tmp_path / "plan.jsonl"
    planned(memory, CHANGES).save(path)

    assert path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [path]


def test_a_loaded_plan_may_be_saved_over_its_own_file(memory: SqlStore, tmp_path: Path) -> None:
    path = tmp_path / "plan.jsonl"
    planned(memory, CHANGES).save(path)

    Plan.load(path).save(path)

    assert list(Plan.load(path)) == CHANGES


def test_a_plan_that_cannot_be_saved_leaves_the_file_that_was_there(
    memory: SqlStore, tmp_path: Path
) -> None:
    path = tmp_path / "plan.jsonl"
    planned(memory, CHANGES).save(path)
    before = path.read_bytes()

    def read() -> Iterator[Change]:
        yield change(1)
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        evolve(planned(memory, CHANGES), read=read).save(path)

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


HEADER: dict[str, Any] = {
    "id": "p1",
    "connection": "c",
    "job": "contacts",
    "created_at": "2026-03-01T12:00:00Z",
    "digest": "",
    "settings": "s",
    "counts": {},
    "reasons": {},
    "warnings": [],
    "cursors": {},
    "calls": {},
}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"5\n",
        b"[]\n",
        b"{}\n",
        b"\xff\xfe\n",
        b"name,email\nAnna,anna@example.org\n",
        *(
            json.dumps({k: v for k, v in HEADER.items() if k != missing}).encode()
            for missing in HEADER
        ),
        *(
            json.dumps({**HEADER, **wrong}).encode()
            for wrong in (
                {"created_at": "yesterday"},
                {"created_at": "2026-03-01T12:00:00"},
                {"cursors": {"a": "b"}},
                {"cursors": {"a": ["b"]}},
                {"counts": [1]},
                {"warnings": "no"},
            )
        ),
    ],
)
def test_a_file_that_is_no_plan_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plan.jsonl"
    path.write_bytes(content)

    with pytest.raises(ConfigError) as caught:
        Plan.load(path)

    assert str(caught.value) == f"{path} is no saved plan"
    assert "anna@" not in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"plan\.jsonl cannot be read: No such file"):
        Plan.load(tmp_path / "plan.jsonl")


ALTERED: list[Callable[[list[bytes]], list[bytes]]] = [
    lambda lines: lines[:-1],
    lambda lines: [*lines, lines[-1]],
    lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
    lambda lines: [lines[0], lines[1].replace(b"c1", b"c9"), *lines[2:]],
    lambda lines: [*lines, b"\n"],
    lambda lines: [*lines[:-1], lines[-1][:10]],
    lambda lines: [lines[0], b"{}\n", *lines[2:]],
]


@pytest.mark.parametrize("alter", ALTERED)
def test_an_altered_file_is_refused_when_it_is_loaded(
    memory: SqlStore, tmp_path: Path, alter: Callable[[list[bytes]], list[bytes]]
) -> None:
    path = tmp_path / "plan.jsonl"
    planned(memory, CHANGES).save(path)
    path.write_bytes(b"".join(alter(path.read_bytes().splitlines(keepends=True))))

    with pytest.raises(PlanStale, match="the file was altered after it was saved"):
        Plan.load(path)


@pytest.mark.parametrize(
    "change", [{"job": "lists"}, {"created_at": "2030-01-01T00:00:00Z"}, {"cursors": {}}]
)
def test_a_plan_whose_first_line_was_altered_is_refused(
    memory: SqlStore, tmp_path: Path, change: dict[str, object]
) -> None:
    path = tmp_path / "plan.jsonl"
    planned(memory, CHANGES).save(path)
    first, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(json.dumps({**json.loads(first), **change}).encode() + b"\n" + b"".join(rest))

    with pytest.raises(PlanStale, match="the file was altered after it was saved"):
        Plan.load(path)


@pytest.mark.parametrize("alter", [ALTERED[0], ALTERED[3], ALTERED[5], ALTERED[6]])
def test_a_file_that_is_altered_after_it_was_loaded_is_not_taken_over(
    memory: SqlStore, tmp_path: Path, alter: Callable[[list[bytes]], list[bytes]]
) -> None:
    path = tmp_path / "plan.jsonl"
    planned(memory, CHANGES).save(path)
    plan = Plan.load(path)
    path.write_bytes(b"".join(alter(path.read_bytes().splitlines(keepends=True))))

    with closing(SqlStore("sqlite://")) as other:
        with pytest.raises(PlanStale, match="the file was altered after it was saved"):
            admit(other, plan)
        assert rows(other) == (0, 0)
        assert where(other) == {}


# --- taken on --------------------------------------------------------------------------------


def test_a_fresh_plan_is_taken_on_and_its_cursors_move(store: SqlStore) -> None:
    plan = planned(store, CHANGES)
    assert where(store) == {}

    admit(store, plan, now=NOW + HOUR)

    assert where(store) == {"a": "a1"}


def test_a_plan_from_a_file_is_the_one_in_the_store(store: SqlStore, tmp_path: Path) -> None:
    plan = planned(store, CHANGES)
    plan.save(tmp_path / "plan.jsonl")

    admit(store, Plan.load(tmp_path / "plan.jsonl"))

    assert rows(store) == (1, 5)
    assert where(store) == {"a": "a1"}
    with pytest.raises(PlanStale, match="was applied before"):
        admit(store, plan)


def test_a_plan_of_another_store_is_taken_over_but_not_how_far_it_had_read(
    store: SqlStore, tmp_path: Path
) -> None:
    changes = [change(number) for number in range(PAGE + 3)]
    with closing(SqlStore("sqlite://")) as elsewhere:
        plan = planned(elsewhere, changes)
        plan.save(tmp_path / "plan.jsonl")

    admit(store, Plan.load(tmp_path / "plan.jsonl"))

    assert list(plans.stored_changes(store, plan.id)) == changes
    assert where(store) == {}
    with pytest.raises(PlanStale, match="was applied before"):
        admit(store, Plan.load(tmp_path / "plan.jsonl"))


def applied(store: SqlStore, plan: Plan) -> None:
    admit(store, plan)


def cursor_moved(store: SqlStore, _: Plan) -> None:
    store.transact(partial(cursors.write, connection="c", moved={"b": "b1"}))


def nothing(_: SqlStore, __: Plan) -> None: ...


@pytest.mark.parametrize(
    ("meanwhile", "values", "reason"),
    [
        (applied, {}, "was applied before; make a new one"),
        (nothing, {"settings": "settings-2"}, "was made under other settings or mapping"),
        (cursor_moved, {}, "another run has read b since; make a new one"),
        (nothing, {"now": NOW + HOUR + timedelta(seconds=1)}, "is older than 1:00:00; make a new"),
        (nothing, {"connection": "d"}, "was made for connection 'c'"),
    ],
)
def test_a_plan_the_world_has_moved_past_is_refused_whole(
    store: SqlStore,
    meanwhile: Callable[[SqlStore, Plan], None],
    values: dict[str, Any],
    reason: str,
) -> None:
    plan = planned(store, CHANGES)
    meanwhile(store, plan)
    before = (where(store), where(store, "d"))

    with pytest.raises(PlanStale, match=reason) as caught:
        admit(store, plan, **values)

    assert str(caught.value).startswith(f"plan {plan.id}")
    assert (where(store), where(store, "d")) == before


def test_a_refused_plan_may_be_taken_on_when_the_reason_is_gone(memory: SqlStore) -> None:
    plan = planned(memory, CHANGES)
    with pytest.raises(PlanStale):
        admit(memory, plan, settings="settings-2")

    admit(memory, plan)


def test_a_plan_with_the_id_of_another_is_refused(memory: SqlStore) -> None:
    plan = planned(memory, CHANGES)
    other = planned(memory, CHANGES[:2])

    with pytest.raises(PlanStale, match="was altered"):
        admit(memory, evolve(other, id=plan.id))


def test_of_two_plans_that_read_the_same_only_the_first_is_applied(memory: SqlStore) -> None:
    first, second = planned(memory, CHANGES), planned(memory, CHANGES)
    admit(memory, second)

    with pytest.raises(PlanStale, match="another run has read a since"):
        admit(memory, first)


# --- carried out -----------------------------------------------------------------------------


def test_changes_are_taken_in_order_by_what_they_are_until_they_are_closed(
    memory: SqlStore,
) -> None:
    plan = planned(
        memory,
        [
            change(1, scope="l1"),
            change(2, scope="l2"),
            change(3, verb=Verb.SKIP),
            change(4, side=Side.DYNAMICS),
            change(5, kind="list"),
            change(6, verb=Verb.UPDATE),
            change(7, scope="l1"),
        ],
    )

    def take(limit: int = 10, scope: str | None = None) -> list[tuple[int, str]]:
        found = memory.transact(
            lambda db: plans.open_changes(
                db, plan.id, "contact", [Verb.CREATE], Side.GETRESPONSE, limit, scope
            )
        )
        return [(seq, made.ref) for seq, made in found]

    assert take() == [(1, "c1"), (2, "c2"), (7, "c7")]
    assert take(limit=2) == [(1, "c1"), (2, "c2")]
    assert take(scope="l1") == [(1, "c1"), (7, "c7")]

    memory.transact(lambda db: plans.close(db, plan.id, [1], "done"))
    memory.transact(lambda db: plans.close(db, plan.id, [], "failed"))
    memory.transact(lambda db: plans.close(db, plan.id, [7], "moved"))
    assert take() == [(2, "c2")]

    assert memory.transact(lambda db: plans.outcomes(db, plan.id)) == {
        ("done", "create", "GetResponse", "contact"): 1,
        ("moved", "create", "GetResponse", "contact"): 1,
        ("open", "create", "GetResponse", "contact"): 1,
        ("open", "create", "Dynamics", "contact"): 1,
        ("open", "create", "GetResponse", "list"): 1,
        ("open", "update", "GetResponse", "contact"): 1,
        ("told", "skip", "GetResponse", "contact"): 1,
    }


def test_changes_whose_answer_was_lost_are_found_again(memory: SqlStore) -> None:
    plan = planned(memory, CHANGES)
    memory.transact(lambda db: plans.close(db, plan.id, [5, 1], "unknown"))

    found = memory.transact(lambda db: plans.unknown(db, plan.id))

    assert sorted(found, key=lambda row: row[0]) == [(1, CHANGES[0]), (5, CHANGES[4])]


def test_reasons_come_with_the_most_frequent_first(memory: SqlStore) -> None:
    skip = partial(change, verb=Verb.SKIP)
    plan = planned(
        memory,
        [skip(1, reason="rare"), skip(2, reason="often"), skip(3, reason="often"), change(4)],
    )

    found = memory.transact(lambda db: plans.reasons(db, plan.id, "told"))

    assert list(found.items()) == [("often", 2), ("rare", 1)]


def test_what_follows_from_a_change_is_added_behind(memory: SqlStore) -> None:
    plan = planned(memory, CHANGES)

    resumed = memory.transact(lambda db: Draft.resume(db, plan, "c"))
    memory.transact(partial(resumed.add, changes=[change(6)]))

    assert list(plans.stored_changes(memory, plan.id)) == [*CHANGES, change(6)]


def test_a_forgotten_plan_stays_known_as_applied(memory: SqlStore) -> None:
    plan = planned(memory, CHANGES)
    admit(memory, plan)

    memory.transact(lambda db: plans.forget(db, plan.id))

    assert list(plan) == []
    assert rows(memory) == (1, 0)
    with pytest.raises(PlanStale, match="was applied before"):
        admit(memory, plan)
