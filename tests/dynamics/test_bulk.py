"""Many rows: each has a result, whatever the server can do and however it fails."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import DynamicsClient, Sandbox
from connectors.core.auth import TokenProvider
from connectors.core.policy import Retries
from connectors.dynamics.bulk import BulkResult, RowResult
from connectors.errors import (
    AnswerLost,
    BadRequest,
    ConfigError,
    ConnectorsError,
    DecodeError,
    Forbidden,
    NotSent,
    ServerError,
    Throttled,
)
from connectors.sandbox import Fault
from tests.dynamics.kit import ID, URL, Answer, on, refused, said
from tests.facades import World


def rows(count: int) -> list[tuple[str, Mapping[str, object]]]:
    return [(f"{n:08x}-0000-0000-0000-000000000000", {"lastname": str(n)}) for n in range(count)]


class Bulky:
    """A server that writes rows, keeps them, and refuses those whose last name it is told."""

    def __init__(
        self,
        *,
        bulk: bool = True,
        batch: bool = True,
        bad: Sequence[str] = (),
        most: int = 1000,
        carries_on: bool = True,
    ) -> None:
        self.bulk, self.batch, self.bad, self.most = bulk, batch, set(bad), most
        self.carries_on = carries_on
        self.kept: dict[str, str] = {}
        self.asked: list[str] = []
        self.trouble: Callable[[str, int], Answer | Exception | None] = lambda *_: None

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        name = url.partition("/api/data/v")[2].partition("/")[2]
        kind = re.split(r"[?(]", name.rpartition(".")[2])[0]
        self.asked.append(kind)
        trouble = self.trouble(kind, self.asked.count(kind))
        if isinstance(trouble, Exception):
            if str(trouble) == "after":
                self.work(method, kind, headers, body)
            raise trouble
        return trouble or self.work(method, kind, headers, body)

    def work(self, method: str, kind: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if kind == "sdkmessagefilters":
            return said({"value": [{"sdkmessagefilterid": ID}] * (2 * self.bulk)})
        if kind.endswith("Multiple"):
            return self.together(json.loads(body)["Targets"])
        if kind == "$batch":
            return self.many(headers, body) if self.batch else (200, {}, b"what?")
        raise AssertionError(kind)

    def together(self, targets: list[Any]) -> Answer:
        if len(targets) > self.most:
            return refused(500, "0x80044151")
        if any(t["lastname"] in self.bad for t in targets):
            return refused(400, "0x80040203")
        self.kept.update({t["contactid"]: t["lastname"] for t in targets})
        return said({"Ids": [t["contactid"] for t in targets]})

    def one(self, row_id: str, body: bytes) -> int:
        name = json.loads(body)["lastname"]
        if name in self.bad:
            return 400
        self.kept[row_id] = name
        return 204

    def many(self, headers: Mapping[str, str], body: bytes) -> Answer:
        found = re.findall(rb"contacts\(([^)]*)\) HTTP/1.1\r\n.*?\r\n\r\n(\{.*?\})\r\n", body, re.S)
        keeps_on = "Prefer" in headers and self.carries_on
        parts, refusal = b"", json.dumps({"error": {"code": "0x80040203", "message": "no"}})
        status = 200
        for row_id, values in found:
            status = self.one(row_id.decode(), values)
            told = refusal if status == 400 else ""
            parts += (
                "--b\r\nContent-Type: application/http\r\n\r\n"
                f"HTTP/1.1 {status} X\r\n\r\n{told}\r\n"
            ).encode()
            if status == 400 and not keeps_on:
                break
        kind = {"Content-Type": "multipart/mixed; boundary=b"}
        return 200 if keeps_on else max(200, status), kind, parts + b"--b--\r\n"

    def client(self, **options: Any) -> DynamicsClient:
        options.setdefault("retries", Retries(attempts=1))
        return DynamicsClient(URL, TokenProvider(provide=lambda: "t"), transport=self, **options)


def test_rows_go_together_where_the_table_has_the_action() -> None:
    server = Bulky()
    result = server.client().contacts.upsert_many(rows(1100))

    assert server.asked == ["sdkmessagefilters"] + ["UpsertMultiple"] * 3
    assert [r.row_id for r in result] == [row_id for row_id, _ in rows(1100)]
    assert len(server.kept) == len(result) == 1100
    assert result.refused == ()
    result.check()


def test_whether_it_has_is_asked_once_by_a_client_and_its_copies() -> None:
    server = Bulky()
    client = server.client()
    for one in (client, client.with_options(timeout=5), client.acting_as(user_id=ID)):
        one.contacts.upsert_many(rows(1))

    assert server.asked.count("sdkmessagefilters") == 1


def test_who_may_not_ask_gets_there_by_batches() -> None:
    server = Bulky()
    server.trouble = lambda kind, _: (
        refused(403, "0x80040220") if kind == "sdkmessagefilters" else None
    )

    server.client().contacts.upsert_many(rows(2)).check()

    assert server.asked == ["sdkmessagefilters", "$batch"]


def test_a_refused_block_is_sent_as_a_batch_and_each_row_stands_alone() -> None:
    server = Bulky(bad=["3", "7"])
    result = server.client().contacts.upsert_many(rows(10))

    assert server.asked == ["sdkmessagefilters", "UpsertMultiple", "$batch"]
    assert [index for index, row in enumerate(result) if row.error] == [3, 7]
    assert len(server.kept) == 8
    assert result[3].row_id is None
    given = rows(10)
    assert [(r.index, r.key, r.values) for r in result] == [(i, *given[i]) for i in range(10)]
    assert [(r.index, r.values["lastname"]) for r in result.refused] == [(3, "3"), (7, "7")]
    assert "lastname" not in repr(result)
    with pytest.raises(BadRequest, match=r"contacts\.upsert"):
        result.check()


@pytest.mark.parametrize("code", ["0x80044151", "0x80044150"])
def test_a_block_that_the_database_gives_up_on_is_halved(code: str) -> None:
    server = Bulky(most=30)
    server.client().contacts.upsert_many(rows(100)).check()

    assert server.asked.count("UpsertMultiple") == 7
    assert "$batch" not in server.asked
    assert len(server.kept) == 100


def test_halving_goes_down_to_single_rows() -> None:
    server = Bulky(most=1)
    server.client().contacts.upsert_many(rows(2)).check()

    assert server.asked == ["sdkmessagefilters"] + ["UpsertMultiple"] * 3


@pytest.mark.parametrize("version", ["8.2", "9.0", "9.1"])
def test_older_servers_get_batches_and_what_they_leave_out_is_sent_again(version: str) -> None:
    server = Bulky(bad=["0", "5", "9"], carries_on=version == "9.1")
    result = server.client(version=version).contacts.upsert_many(rows(10))

    assert set(server.asked) == {"$batch"}
    assert [index for index, row in enumerate(result) if row.error] == [0, 5, 9]
    assert len(server.kept) == 7


def test_where_no_batch_is_understood_rows_go_one_by_one(world: World) -> None:
    box = Sandbox(seed=1, contacts=3, version="9.0")
    garbage = b"what?"
    box.faults.add(Fault("answer", path="$batch", times=99, status=200, body=garbage))

    async def case(client: Any) -> Any:
        return await client.contacts.upsert_many([*rows(2), (ID, {"nonsense": 1})])

    result = on(box, world, case, version="9.0")

    assert [type(row.error) for row in result] == [type(None), type(None), BadRequest]
    assert box.calls.count("dynamics", "contacts.update") == 3


def test_rows_are_written_in_the_order_given_whatever_is_refused_between() -> None:
    server = Bulky(bad=["5", "120"])
    server.client(version="8.2").contacts.upsert_many(rows(250))

    assert list(server.kept) == sorted(server.kept)
    assert len(server.kept) == 248


def test_ids_come_back_as_dynamics_writes_them() -> None:
    result = Bulky().client().contacts.upsert_many([(f"{{{ID.upper()}}}", {"lastname": "x"})])

    assert result[0].row_id == ID


@pytest.fixture(params=["blocking", "async"])
def world(request: pytest.FixtureRequest) -> World:
    chosen: World = request.param
    return chosen


def test_a_lost_answer_to_a_creation_creates_nothing_twice() -> None:
    server = Bulky()
    server.trouble = lambda kind, n: (
        ConnectionResetError("after") if kind == "CreateMultiple" and n == 1 else None
    )

    result = server.client().contacts.create_many([{"lastname": str(n)} for n in range(5)])

    result.check()
    assert server.asked == ["sdkmessagefilters", "CreateMultiple", "$batch"]
    assert set(server.kept) == {row.row_id for row in result}
    assert len(server.kept) == 5


def test_when_the_way_breaks_every_row_says_how_far_it_came() -> None:
    server = Bulky()
    server.trouble = lambda kind, n: (
        ConnectionResetError("before")
        if (kind, n) == ("UpsertMultiple", 2) or kind == "$batch"
        else None
    )

    result = server.client().contacts.upsert_many(rows(1100))

    kinds = [type(row.error) for row in result]
    assert kinds == [type(None)] * 500 + [AnswerLost] * 500 + [NotSent] * 100
    assert "not sent any more" in str(result[1099].error)
    assert [(r.index, r.key) for r in result][1099] == (1099, rows(1100)[1099][0])


def test_an_id_that_was_made_is_told_where_its_row_is_in_doubt() -> None:
    server = Bulky()
    server.trouble = lambda kind, n: (
        ConnectionResetError("after")
        if (kind, n) == ("CreateMultiple", 2)
        else ConnectionResetError("before")
        if kind == "$batch"
        else None
    )

    result = server.client().contacts.create_many([{"lastname": str(n)} for n in range(501)])

    lost = result.refused[0]
    assert isinstance(lost.error, AnswerLost)
    assert server.kept[str(lost.key)] == lost.values["lastname"] == "500"


def test_a_row_sent_alone_whose_answer_is_lost_is_in_doubt() -> None:
    server = Bulky()

    def trouble(kind: str, n: int) -> Answer | Exception | None:
        if kind == "$batch":
            return refused(501)
        return (204, {}, b"") if n == 1 else ConnectionResetError("before")

    server.trouble = trouble
    result = server.client(version="9.1").contacts.upsert_many(rows(3))

    assert server.asked == ["$batch", "contacts", "contacts"]
    assert [type(row.error) for row in result] == [type(None), AnswerLost, NotSent]


def test_a_batch_of_one_that_is_still_too_large_is_sent_alone() -> None:
    server = Bulky()
    server.trouble = lambda kind, _: refused(413) if kind == "$batch" else (204, {}, b"")

    server.client(version="9.1").contacts.upsert_many(rows(2)).check()

    assert server.asked == ["$batch"] * 7 + ["contacts", "$batch", "contacts"]


def test_a_block_whose_answer_cannot_be_read_is_sent_again_by_id() -> None:
    server = Bulky()
    server.trouble = lambda kind, _: DecodeError("cut off") if kind == "UpsertMultiple" else None

    server.client().contacts.upsert_many(rows(2)).check()

    assert server.asked[-1] == "$batch"
    assert len(server.kept) == 2


def test_each_part_of_the_fall_back_acts_as_whom_the_client_acts() -> None:
    bodies: list[bytes] = []

    class Listening(Bulky):
        def many(self, headers: Mapping[str, str], body: bytes) -> Answer:
            bodies.append(body)
            return super().many(headers, body)

    Listening().client(version="9.1").acting_as(user_id=ID).contacts.upsert_many(rows(3)).check()

    assert bodies[0].count(f"MSCRMCallerID: {ID}\r\n".encode()) == 3


def test_a_part_that_is_throttled_holds_the_account() -> None:
    server = Bulky()
    body = b'{"error":{"code":"0x80072322","message":"no"}}'
    part = b"--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 %b\r\n\r\n%b\r\n"
    mixed = {"Content-Type": "multipart/mixed; boundary=b"}
    answer = part % (b"204 X", b"") + part % (b"429 X\r\nRetry-After: 900", body) + b"--b--\r\n"
    server.trouble = lambda kind, _: (200, mixed, answer) if kind == "$batch" else None

    client = server.client(version="9.1", retries=Retries(attempts=1, patience=1.0))
    result = client.contacts.upsert_many(rows(2))

    assert server.asked == ["$batch"]
    assert [type(row.error) for row in result] == [type(None), Throttled]


def test_a_block_in_doubt_stays_in_doubt_when_the_fall_back_is_not_even_sent() -> None:
    server = Bulky()

    def trouble(kind: str, n: int) -> Exception | None:
        if kind == "$batch":
            return ConnectionRefusedError()
        return ConnectionResetError("after") if kind == "UpsertMultiple" else None

    server.trouble = trouble

    with pytest.raises(AnswerLost):
        server.client().contacts.upsert_many(rows(3))


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (ConnectionRefusedError(), NotSent),
        (refused(429, "0x80072322"), Throttled),
    ],
)
def test_where_nothing_could_be_tried_the_error_is_raised(
    answer: Any, kind: type[ConnectorsError]
) -> None:
    server = Bulky()
    server.trouble = lambda *_: answer

    with pytest.raises(kind):
        server.client().contacts.upsert_many(rows(3))


def test_a_server_that_fails_on_every_row_is_left_alone() -> None:
    server = Bulky(bulk=False)
    asked: list[str] = []

    def trouble(kind: str, _: int) -> Answer | None:
        asked.append(kind)
        return None if kind == "sdkmessagefilters" else refused(500, "0x80040216")

    server.trouble = trouble
    result = server.client().contacts.upsert_many(rows(50))

    assert [type(row.error) for row in result] == [ServerError] * 3 + [NotSent] * 47
    assert len(asked) == 5


def test_a_batch_that_is_too_large_is_made_smaller() -> None:
    server = Bulky()
    server.trouble = lambda kind, n: refused(413) if kind == "$batch" and n < 3 else None

    server.client(version="9.1").contacts.upsert_many(rows(100)).check()

    assert server.asked.count("$batch") == 2 + 4
    assert len(server.kept) == 100


@pytest.mark.parametrize("version", ["8.2", "9.0", "9.1", "9.2"])
def test_rows_are_created_changed_and_deleted_on_every_version(version: str, world: World) -> None:
    box = Sandbox(seed=1, contacts=3, version=version)

    async def case(client: Any) -> None:
        made = await client.contacts.create_many([{"lastname": "A"}, {"lastname": "B"}])
        ids = [row.row_id for row in made]
        assert (await client.contacts.get(ids[1])).last_name == "B"
        changed = await client.contacts.update_many(
            [(ids[0], {"lastname": "C"}), (ID, {"lastname": "D"})]
        )
        assert [type(row.error).__name__ for row in changed] == ["NoneType", "NotFound"]
        gone = await client.contacts.delete_many([ids[0], ID])
        assert gone.refused == ()
        assert await client.contacts.find(ids[0]) is None
        assert await client.contacts.count() == 4

    on(box, world, case, version=version)


def test_the_same_row_twice_is_refused_before_any_call() -> None:
    client = Bulky().client()

    with pytest.raises(ConfigError, match="one is there twice"):
        client.contacts.upsert_many([(ID, {}), (ID.upper(), {})])
    with pytest.raises(ConfigError, match="one is there twice"):
        client.contacts.update_many([(ID, {}), (ID, {})])
    with pytest.raises(ConfigError, match="must be a GUID"):
        client.contacts.delete_many(["ada"])


def test_no_rows_are_no_call() -> None:
    server = Bulky()

    assert len(server.client().contacts.upsert_many([])) == 0
    assert server.asked == []


def test_forbidden_rows_are_told_as_such() -> None:
    server = Bulky(bulk=False)
    server.trouble = lambda kind, _: (
        refused(403, "0x80040220") if kind != "sdkmessagefilters" else None
    )

    result = server.client().contacts.upsert_many(rows(2))

    assert [type(row.error) for row in result] == [Forbidden, Forbidden]


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(0, 40),
    bad=st.sets(st.integers(0, 39)),
    version=st.sampled_from(["8.2", "9.1", "9.2"]),
    most=st.sampled_from([1, 3, 1000]),
    carries_on=st.booleans(),
)
def test_no_row_is_ever_lost(
    count: int, bad: set[int], version: str, most: int, carries_on: bool
) -> None:
    server = Bulky(bad=[str(n) for n in bad], most=most, carries_on=carries_on)
    result = server.client(version=version).contacts.upsert_many(rows(count))

    wrong = {n for n in bad if n < count}
    assert {i for i, row in enumerate(result) if row.error is not None} == wrong
    assert len(result) == count
    assert len(server.kept) == count - len(wrong)


def test_a_result_of_many_rows_shows_counts_and_the_first_refusals() -> None:
    rows = tuple(
        RowResult(
            index=n, key=str(n), values={}, error=BadRequest("no", status=400) if n % 2 else None
        )
        for n in range(1500)
    )

    shown = repr(BulkResult(rows))

    assert shown.startswith("BulkResult(1500 rows, 750 refused, 1: ")
    assert len(shown) < 200
