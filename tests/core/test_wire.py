"""Reading models: fast where the body allows, tolerantly where it does not, never loudly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, NewType

import msgspec
import pytest
from attrs import field, frozen, validators
from hypothesis import given
from hypothesis import strategies as st

from connectors.core.wire import (
    UNSET,
    Reader,
    by_position,
    camel,
    dumps,
    first,
    header_int,
    masked,
    parse,
)
from connectors.errors import DecodeError

PartId = NewType("PartId", str)


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@frozen(kw_only=True)
class Part:
    part_id: PartId
    weight: float | None = None


@frozen(kw_only=True)
class Thing:
    thing_id: str
    made_on: datetime | None = None
    day: date | None = None
    count: int | None = None
    score: float | None = None
    price: Decimal | None = None
    active: bool = False
    sure: bool | None = None
    colour: Colour | str | None = None
    note: str | None = None
    part: Part | None = None
    parts: tuple[Part, ...] = ()
    words: tuple[str, ...] = field(factory=tuple)
    extra: Mapping[str, Any] | None = None


NAMES: dict[type, dict[str, str]] = {Thing: {"thing_id": "ID", "note": "odd-name"}}
reader = Reader(Thing, NAMES)


def body(**fields: object) -> bytes:
    return json.dumps({"ID": "1", **fields}).encode()


def is_fast(data: bytes) -> bool:
    try:
        reader._one_decoder.decode(data)
    except msgspec.MsgspecError:
        return False
    return True


# --- what both readers take ------------------------------------------------------------------


def test_a_model_is_read_by_its_wire_names() -> None:
    thing = reader.one(
        body(
            **{"odd-name": "n"},
            madeOn="2017-12-19T13:11:48+0000",
            day="2017-12-19",
            count=3,
            score=1.5,
            price="1.10",
            active=True,
            colour="red",
            part={"partId": "p", "weight": 2},
            parts=[{"partId": "q"}],
            words=["a", "b"],
            extra={"deep": [1]},
            unknown={"is": "ignored"},
        )
    )

    assert thing == Thing(
        thing_id="1",
        note="n",
        made_on=datetime(2017, 12, 19, 13, 11, 48, tzinfo=UTC),
        day=date(2017, 12, 19),
        count=3,
        score=1.5,
        price=Decimal("1.10"),
        active=True,
        colour=Colour.RED,
        part=Part(part_id=PartId("p"), weight=2.0),
        parts=(Part(part_id=PartId("q")),),
        words=("a", "b"),
        extra={"deep": [1]},
    )


def test_what_is_absent_has_its_default() -> None:
    assert reader.one(b'{"ID": "1"}') == Thing(thing_id="1")


@pytest.mark.parametrize(
    ("text", "hours"), [("+0000", 0), ("+00:00", 0), ("Z", 0), ("+0100", 1), ("-05:00", -5)]
)
def test_dates_come_with_any_spelling_of_the_zone(text: str, hours: int) -> None:
    made = reader.one(body(madeOn=f"2017-12-19T13:11:48{text}")).made_on

    assert made == datetime(2017, 12, 19, 13, 11, 48, tzinfo=timezone(timedelta(hours=hours)))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("active", "true", True),
        ("active", "false", False),
        ("active", "1", True),
        ("active", 0, False),
        ("sure", "False", False),
        ("count", "12", 12),
        ("count", "12.0", 12),
        ("count", "1e3", 1000),
        ("score", "3.5", 3.5),
        ("score", 7, 7.0),
        ("price", 1.25, Decimal("1.25")),
        ("colour", "red", Colour.RED),
        ("colour", "violet", "violet"),
        ("colour", "", ""),
    ],
)
def test_loose_values_are_read_and_the_row_beside_them_does_not_matter(
    name: str, value: object, expected: object
) -> None:
    alone = reader.one(body(**{name: value}))
    # A date of "" sends the whole body to the tolerant reader.
    beside = reader.one(body(**{name: value}, madeOn=""))

    assert alone == beside
    assert getattr(alone, name) == expected
    assert type(getattr(alone, name)) is type(expected)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("madeOn", "", None),
        ("madeOn", "2017-12-19", datetime(2017, 12, 19)),
        ("day", "", None),
        ("count", "", None),
        ("count", " 5", 5),
        ("score", "", None),
        ("price", "", None),
        ("sure", "", None),
        ("sure", "yes", True),
        ("sure", "no", False),
        ("odd-name", 5, "5"),
        ("colour", 5, "5"),
        ("extra", [], {}),
        ("words", {}, ()),
        ("words", ["a", 5], ("a", "5")),
        ("part", "", None),
    ],
)
def test_the_tolerant_reader_takes_what_the_fast_one_refuses(
    name: str, value: object, expected: object
) -> None:
    attribute = {"madeOn": "made_on", "odd-name": "note"}.get(name, name)
    data = body(**{name: value})

    assert not is_fast(data)
    assert getattr(reader.one(data), attribute) == expected


# --- both readers agree ----------------------------------------------------------------------

KNOWN = """
null Null NULL true FALSE yes no 0 1 2 12 -7 +5 007 1.0 1.5 -0.0 1e3 1E3 1_000 inf
-Infinity red blue violet RED 1700000000 1700000000.5 2017-12-19 20171219 2017-12
2017-12-19T13:11:48 2017-12-19T13:11:48+0000 2017-12-19T13:11:48+01 2017-12-19t13:11:48z
2017-12-19T13:11Z 2017-12-19T13:11:48.9999999Z 2017-12-19T13:11:48.1234567+02:00 2017-12-19T24:00:00Z
2017-12-19T13:11:60Z 0001-01-01T00:00:00+23:59 9999-12-31T23:59:59.9999999Z""".split()
TEXTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["", " 5", "2017-12-19 13:11:48", *KNOWN]),
    st.datetimes().map(datetime.isoformat),
    st.dates().map(date.isoformat),
    st.integers().map(str),
    st.floats(allow_nan=False).map(str),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 2 * 10**9),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    TEXTS,
)
PARTS = st.fixed_dictionaries({"partId": TEXTS | st.none()}, optional={"weight": SCALARS})
THINGS = st.fixed_dictionaries(
    {"ID": TEXTS},
    optional={
        "madeOn": SCALARS,
        "day": SCALARS,
        "count": SCALARS,
        "score": SCALARS,
        "price": SCALARS,
        "active": SCALARS,
        "sure": SCALARS,
        "colour": SCALARS,
        "odd-name": SCALARS,
        "part": PARTS | st.none(),
        "parts": st.lists(PARTS, max_size=2),
        "words": st.lists(TEXTS, max_size=3),
        "extra": st.dictionaries(st.text(max_size=3), SCALARS, max_size=2) | st.none(),
    },
)


@given(THINGS)
def test_the_tolerant_reader_agrees_on_every_body_that_the_fast_one_takes(
    thing: dict[str, Any],
) -> None:
    data = json.dumps(thing).encode()
    try:
        struct = reader._one_decoder.decode(data)
    except msgspec.MsgspecError:
        return

    assert repr(reader.from_object(json.loads(data))) == repr(reader._fast.fill(struct))


FIELDS = ["madeOn", "day", "count", "score", "price", "active", "sure", "colour", "odd-name"]


@pytest.mark.parametrize("name", FIELDS)
def test_the_readers_agree_on_every_known_oddity(name: str) -> None:
    oddities: list[object] = [*KNOWN, "", " 5", None, True, 0, 1, 2, -1, 1.0, 1.5, 1e16, 2**64]
    taken = 0
    for value in [*oddities, 1700000000, 1700000000.5, -1e10, 10**12, [], {}, ["a"]]:
        data = body(**{name: value})
        try:
            struct = reader._one_decoder.decode(data)
        except msgspec.MsgspecError:
            continue
        taken += 1
        assert repr(reader.from_object(json.loads(data))) == repr(reader._fast.fill(struct)), value

    assert taken > 2


@given(st.sampled_from(FIELDS), SCALARS)
def test_the_readers_agree_field_by_field(name: str, value: object) -> None:
    data = body(**{name: value})
    try:
        struct = reader._one_decoder.decode(data)
    except msgspec.MsgspecError:
        return

    assert repr(reader.from_object(json.loads(data))) == repr(reader._fast.fill(struct))


@given(
    st.recursive(
        SCALARS | st.just("c4n4ry"),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(st.sampled_from(["ID", "part", "parts", "partId"]), inner, max_size=3)
        ),
        max_leaves=6,
    )
)
def test_any_json_is_a_model_or_a_decode_error(value: object) -> None:
    data = json.dumps(value).encode()
    for read in (reader.one, reader.many, reader.value):
        try:
            read(data)
        except DecodeError as error:
            assert "c4n4ry" not in str(error)


# --- what neither takes ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"ID": None}, "$.thing_id: expected text, got null"),
        ({"count": "many-c4n4ry"}, "$.count: expected a whole number, got str"),
        ({"count": 1.5}, "$.count: expected a whole number, got float"),
        ({"count": True}, "$.count: expected a whole number, got bool"),
        ({"score": "c4n4ry"}, "$.score: expected a number, got str"),
        ({"price": "c4n4ry"}, "$.price: expected a number, got str"),
        ({"active": "c4n4ry"}, "$.active: expected true or false, got str"),
        ({"active": None}, "$.active: expected true or false, got null"),
        ({"madeOn": "c4n4ry"}, "$.made_on: expected a date-time, got str"),
        ({"day": "c4n4ry"}, "$.day: expected a date, got str"),
        ({"odd-name": ["c4n4ry"]}, "$.note: expected text, got list"),
        ({"colour": {"c4n4ry": 1}}, "$.colour: expected text, got dict"),
        ({"extra": "c4n4ry"}, "$.extra: expected an object, got str"),
        ({"words": "c4n4ry"}, "$.words: expected a list, got str"),
        ({"words": ["a", None]}, "$.words[1]: expected text, got null"),
        ({"part": "c4n4ry"}, "$.part: expected an object, got str"),
        ({"part": {}}, "$.part.part_id: missing"),
        ({"parts": [{"partId": "p"}, {"partId": None}]}, "$.parts[1].part_id: expected text, got"),
    ],
)
def test_a_misfit_names_its_path_and_never_its_value(fields: dict[str, object], path: str) -> None:
    with pytest.raises(DecodeError) as caught:
        reader.one(json.dumps({"ID": "1", **fields}).encode())

    (found,) = caught.value.paths
    assert found.startswith(path)
    assert str(caught.value) == found
    assert "c4n4ry" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_all_misfits_are_kept_and_the_first_three_are_told() -> None:
    with pytest.raises(DecodeError) as caught:
        reader.one(b'{"ID": "1", "count": "a", "score": "b", "price": "c", "active": "d"}')

    assert len(caught.value.paths) == 4
    assert str(caught.value).count("$.") == 3


@pytest.mark.parametrize("data", [b"", b"{", b"nope", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_a_decode_error(data: bytes) -> None:
    for read in (reader.one, reader.many, reader.value):
        with pytest.raises(DecodeError, match="not JSON"):
            read(data)


def test_a_web_page_is_told_by_how_it_begins() -> None:
    with pytest.raises(DecodeError, match="it begins '<!DOCTYPE html>"):
        parse(b"\r\n<!DOCTYPE html><html><body>" + b"x" * 1000)


@pytest.mark.parametrize(
    "data",
    [b'{"email": "ada@example.org", "na', b"ada@example.org", b'"Ada Lovelace', b'[{"name":"Ada'],
)
def test_data_that_was_cut_off_is_not_shown(data: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        parse(data)

    assert "da" not in str(caught.value)


@pytest.mark.parametrize("data", [b"[]", b'"x"', b"5", b"null"])
def test_one_object_is_expected(data: bytes) -> None:
    with pytest.raises(DecodeError, match=r"\$: expected an object, got (list|str|int|null)"):
        reader.one(data)


# --- lists -----------------------------------------------------------------------------------


def test_a_bare_array_is_read_row_by_row() -> None:
    assert [t.thing_id for t in reader.many(b'[{"ID": "1"}, {"ID": "2"}]')] == ["1", "2"]
    assert [t.made_on for t in reader.many(b'[{"ID": "1", "madeOn": ""}]')] == [None]
    assert reader.many(b"[]") == ()


def test_a_bad_row_is_named_by_its_place() -> None:
    with pytest.raises(DecodeError, match=r"^\$\[1\]\.thing_id: missing$"):
        reader.many(b'[{"ID": "1"}, {}]')
    with pytest.raises(DecodeError, match="expected a list, got dict"):
        reader.many(b"{}")


def test_an_odata_collection_has_rows_and_annotations() -> None:
    rows, notes, removed = reader.value(
        b'{"@odata.context": "c", "value": [{"ID": "1"}], "@odata.nextLink": "n",'
        b' "@odata.deltaLink": "d", "@odata.count": 7,'
        b' "@Microsoft.Dynamics.CRM.fetchxmlpagingcookie": "k"}'
    )

    assert [t.thing_id for t in rows] == ["1"]
    assert (notes["@odata.nextLink"], notes["@odata.deltaLink"]) == ("n", "d")
    assert (notes["@odata.count"], notes["cookie"]) == (7, "k")
    assert removed == ()


def test_deleted_rows_of_an_odata_collection_are_ids() -> None:
    rows, notes, removed = reader.value(
        b'{"value": [{"ID": "1"}, {"@odata.context": "x#$deletedEntity", "id": "9",'
        b' "reason": "deleted"}, {"ID": "2", "madeOn": ""}], "@odata.deltaLink": "d"}'
    )

    assert [t.thing_id for t in rows] == ["1", "2"]
    assert removed == ("9",)
    assert notes["@odata.deltaLink"] == "d"
    assert notes["cookie"] is None


def test_a_bad_row_of_an_odata_collection_is_named_by_its_place() -> None:
    with pytest.raises(DecodeError, match=r"^\$\.value\[0\]\.thing_id: expected text, got null$"):
        reader.value(b'{"value": [{"ID": null}]}')


@pytest.mark.parametrize("data", [b"[]", b"{}", b'{"value": {}}', b"null"])
def test_an_odata_collection_must_be_one(data: bytes) -> None:
    with pytest.raises(DecodeError, match="a list `value`"):
        reader.value(data)


# --- small things ----------------------------------------------------------------------------


def test_names_and_values_on_their_way_out() -> None:
    assert camel("created_on") == "createdOn"
    assert camel("id") == "id"
    assert dumps({"a": "é", "b": None}) == '{"a":"é","b":null}'.encode()
    assert repr(UNSET) == "UNSET"


@pytest.mark.parametrize(
    ("text", "number"), [("12", 12), ("", None), ("-1", None), ("1.5", None), ("²", None)]
)
def test_a_header_that_is_no_integer_is_as_good_as_absent(text: str, number: int | None) -> None:
    assert header_int({"h": text}, "h") == number
    assert header_int({}, "h") is None


def test_the_first_text_that_says_something() -> None:
    assert first([None, "", "a", "b"]) == "a"
    assert first([]) == ""


@given(st.from_regex(r"[a-z][a-z'+.!#/=-]{0,9}@[a-z]{1,5}\.org", fullmatch=True))
def test_no_address_is_left_in_a_masked_text(address: str) -> None:
    assert masked(f"The contact <{address}> exists") == "The contact <<address>> exists"
    assert masked(f"'{address}' exists") == "'<address>' exists"


# --- rows of a list, one by one --------------------------------------------------------------


@frozen(kw_only=True)
class Price:
    id: str
    amount: Decimal | None = None
    since: datetime | None = None


prices = Reader(Price)


def test_money_keeps_its_digits_also_beside_what_only_the_tolerant_way_reads() -> None:
    body = b'[{"id":"a","amount":12345678901234567.89,"since":""},{"id":"b","amount":0.10}]'

    assert [p.amount for p in prices.many(body)] == [
        Decimal("12345678901234567.89"),
        Decimal("0.10"),
    ]
    assert prices.one(b'{"id":"a","amount":0.10,"since":""}').amount == Decimal("0.10")


def test_one_odd_row_does_not_slow_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, slow = Reader(Price), list[str]()
    tolerant = reader._tolerant

    def counted(value: object, path: str) -> Price:
        slow.append(path)
        return tolerant(value, path)

    monkeypatch.setattr(reader, "_tolerant", counted)
    rows = [{"id": str(n), "since": "" if n == 3 else None} for n in range(9)]

    assert len(reader.many(json.dumps(rows).encode())) == 9
    assert len(reader.value(json.dumps({"value": rows}).encode())[0]) == 9
    assert slow == ["$[3]", "$.value[3]"]


def test_deletions_of_a_delta_leave_the_rows_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(Price, {Price: {"id": "priceid"}})
    monkeypatch.setattr(reader, "_tolerant", None)
    body = (
        b'{"@odata.deltaLink":"d","value":[{"priceid":"a","amount":1},'
        b'{"@odata.context":"x/$deletedEntity","id":"b","reason":"deleted"}]}'
    )

    items, notes, removed = reader.value(body)

    assert ([p.id for p in items], removed, notes["@odata.deltaLink"]) == (["a"], ("b",), "d")


def test_a_row_that_has_deleted_in_it_is_a_row() -> None:
    body = b'{"value":[{"id":"deleted","amount":"deleted"}]}'

    with pytest.raises(DecodeError, match=r"\$\.value\[0\]\.amount: expected a number"):
        prices.value(body)


def stripped(text: str) -> str:
    return text.strip()


@frozen
class Checked:
    name: str = field(converter=stripped, validator=validators.min_len(1))


def test_a_hosts_class_that_does_more_than_hold_values_is_built_by_its_constructor() -> None:
    reader = Reader(Checked)

    assert reader.one(b'{"name":" Ada "}').name == "Ada"
    assert reader.many(b'[{"name":" Ada "}]')[0] == Checked("Ada")


def test_masking_a_long_text_takes_no_longer_than_reading_it() -> None:
    assert masked("x" * 2_000_000) == "x" * 2_000_000


def test_nesting_without_end_is_a_decode_error_wherever_it_stands() -> None:
    deep = b"[" * 100_000

    for body, read in (
        (b'{"id":"a","other":' + deep, prices.one),
        (b'[{"id":"a","other":' + deep, prices.many),
        (b'{"value":[{"id":"a","other":' + deep, prices.value),
    ):
        with pytest.raises(DecodeError):
            read(body)


# --- loose bodies and shapes of their own ----------------------------------------------------


@frozen(kw_only=True, weakref_slot=False)
class Loose:
    name: str | None = None
    made_on: datetime | None = None
    count: int | None = None
    colour: Colour | str | None = None
    words: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()


loose = Reader(Loose, loose=True)


@pytest.mark.parametrize("nothing", ['""', "null"])
@pytest.mark.parametrize("space", ["", " ", "\n"])
def test_a_loose_reader_takes_an_empty_text_for_nothing(nothing: str, space: str) -> None:
    lists = "null" if nothing == "null" else "[]"
    members = [f'"{name}":{space}{nothing}' for name in ("name", "madeOn", "count", "colour")]
    members += [f'"{name}":{space}{lists}' for name in ("words", "parts")]
    data = f"{{{','.join(members)}}}".encode()

    assert loose.one(data) == Loose()
    assert loose.from_object(json.loads(data)) == Loose()


@pytest.mark.parametrize("text", [':""', ': ""', '\\":""', 'a:""b'])
def test_only_values_that_are_empty_texts_are_nothing(text: str) -> None:
    data = json.dumps({"name": text, "count": ""}, separators=(",", ":")).encode()

    assert loose.one(data) == Loose(name=text)


def test_a_loose_reader_takes_a_time_without_a_zone_for_utc() -> None:
    for text in ("2026-03-04T09:00:00", "2026-03-04T09:00:00.1230000", "2026-03-04T09:00:00Z"):
        made = loose.one(json.dumps({"madeOn": text}).encode()).made_on
        assert made is not None
        assert made.tzinfo is UTC


def test_a_model_without_weak_references_is_as_frozen_as_any() -> None:
    made = loose.one(b'{"name": "a"}')

    assert type(made) is Loose
    assert made == Loose(name="a")
    with pytest.raises(AttributeError):
        made.name = "b"  # type: ignore[misc]


class Doubled:
    """A number that the wire says twice."""

    def fast(self, typed: Any) -> tuple[Any, Any]:
        kind, make = typed(tuple[int, ...])
        return kind, lambda raw: make(raw)[0]

    def slow(self, value: Any, structure: Any) -> Any:
        return structure(value, tuple[int, ...])[0]


Twice = NewType("Twice", int)


@frozen(kw_only=True)
class Said:
    number: Twice | None = None


@pytest.mark.parametrize("more", [{}, {"number2": 1}])
def test_a_type_may_have_a_shape_of_its_own(more: dict[str, int]) -> None:
    said = Reader(Said, shapes={Twice: Doubled()})
    data = json.dumps({"number": [7, 7], **more}).encode()

    assert said.one(data).number == said.from_object(json.loads(data)).number == 7
    assert Reader(Twice, shapes={Twice: Doubled()}).one(b"[7, 7]") == 7
    with pytest.raises(DecodeError, match=r"\$\.number"):
        said.one(b'{"number": {"a": 1}}')


def test_a_web_page_shows_no_address() -> None:
    with pytest.raises(DecodeError) as caught:
        parse(b"<html>ada.lovelace@example.com is signed in")

    assert "ada" not in str(caught.value)


def test_what_is_made_by_position_may_leave_out_the_last() -> None:
    make = by_position(Thing)
    given = ("1", None, None, None, None, None, True, None, None, None, None, (), ("a",))

    assert make(*given) == Thing(thing_id="1", active=True, words=("a",))
    with pytest.raises(TypeError):
        make("1")
