"""Filters: what they say, and that any text in one comes out of it as it went in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.dynamics import calls, wire
from connectors.dynamics.filters import Filter, col, guid, related
from connectors.dynamics.models import CONTACTS
from connectors.errors import ConfigError
from connectors.sandbox import Sandbox
from connectors.sandbox.dynamics.odata import parse_filter

ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
NAME = col("lastname")
STATE = col("statecode")


class Target(IntEnum):
    CONTACT = 2


class _Printed(float):
    """A number that prints itself as those of numpy do."""

    def __repr__(self) -> str:
        return "np.float64(0.25)"


@pytest.mark.parametrize(
    ("built", "text"),
    [
        (NAME.eq("O'Brien"), "lastname eq 'O''Brien'"),
        (NAME.ne(None), "lastname ne null"),
        (STATE.gt(1), "statecode gt 1"),
        (STATE.ge(Decimal("0.10")), "statecode ge 0.10"),
        (STATE.lt(1e-7), "statecode lt 0.0000001"),
        (STATE.le(-5), "statecode le -5"),
        (STATE.eq(True), "statecode eq true"),
        (STATE.eq(Target.CONTACT), "statecode eq 2"),
        (STATE.between(1, 3), "statecode ge 1 and statecode le 3"),
        (NAME.is_null(), "lastname eq null"),
        (NAME.is_not_null(), "lastname ne null"),
        (col("_ownerid_value").eq(guid(f"{{{ID.upper()}}}")), f"_ownerid_value eq {ID}"),
        (col("_ownerid_value").eq(f"{{{ID.upper()}}}"), f"_ownerid_value eq {ID}"),
        (col("head/_ownerid_value").ne(ID), f"head/_ownerid_value ne {ID}"),
        (col("externalid").eq(ID), f"externalid eq '{ID}'"),
        (col("gr_list_value").eq("a"), "gr_list_value eq 'a'"),
        (STATE.lt(_Printed(0.25)), "statecode lt 0.25"),
        (col("createdon").ge(date(2026, 5, 1)), "createdon ge 2026-05-01"),
        (
            col("createdon").lt(datetime(2026, 5, 1, 2, tzinfo=timezone(timedelta(hours=2)))),
            "createdon lt 2026-05-01T00:00:00Z",
        ),
        (NAME.contains("50%"), "contains(lastname,'50%')"),
        (NAME.startswith("d'"), "startswith(lastname,'d''')"),
        (NAME.endswith(""), "endswith(lastname,'')"),
        (
            NAME.is_in(["a", "O'Brian", 'say "x"', 5]),
            "Microsoft.Dynamics.CRM.In(PropertyName='lastname',"
            'PropertyValues=["a","O\'Brian","say \\"x\\"","5"])',
        ),
        (
            col("_ownerid_value").not_in([UUID(ID)]),
            f"Microsoft.Dynamics.CRM.NotIn(PropertyName='_ownerid_value',PropertyValues=[\"{ID}\"])",
        ),
        (
            col("gr_kinds").contain_values([1, 2]),
            'Microsoft.Dynamics.CRM.ContainValues(PropertyName=\'gr_kinds\',PropertyValues=["1","2"])',
        ),
        (
            col("createdon").on_or_after(datetime(2026, 5, 1, 13, tzinfo=UTC)),
            "Microsoft.Dynamics.CRM.OnOrAfter(PropertyName='createdon',PropertyValue='2026-05-01')",
        ),
        (
            col("createdon").on_or_before(date(2026, 5, 1)),
            "Microsoft.Dynamics.CRM.OnOrBefore(PropertyName='createdon',PropertyValue='2026-05-01')",
        ),
        (
            col("createdon").on(date(2026, 5, 1)),
            "Microsoft.Dynamics.CRM.On(PropertyName='createdon',PropertyValue='2026-05-01')",
        ),
        (
            col("createdon").function("LastXDays", 7),
            "Microsoft.Dynamics.CRM.LastXDays(PropertyName='createdon',PropertyValue=7)",
        ),
        (
            col("_ownerid_value").function("EqualUserId"),
            "Microsoft.Dynamics.CRM.EqualUserId(PropertyName='_ownerid_value')",
        ),
        (col("primarycontactid/fullname").eq("x"), "primarycontactid/fullname eq 'x'"),
        (
            related("contact_customer_accounts").any(lambda c: c("lastname").eq("x")),
            "contact_customer_accounts/any(o:o/lastname eq 'x')",
        ),
        (related("list").any(), "list/any()"),
        (
            related("list").all(lambda c: c("a").eq(1) | c("b").eq(2)),
            "list/all(o:o/a eq 1 or o/b eq 2)",
        ),
    ],
)
def test_conditions_say_what_odata_expects(built: Filter, text: str) -> None:
    assert str(built) == text


A, B, C = (col(name).eq(1) for name in "abc")


@pytest.mark.parametrize(
    ("built", "text"),
    [
        (A & B | C, "a eq 1 and b eq 1 or c eq 1"),
        (A & (B | C), "a eq 1 and (b eq 1 or c eq 1)"),
        ((A | B) & C, "(a eq 1 or b eq 1) and c eq 1"),
        (A & B & C, "a eq 1 and b eq 1 and c eq 1"),
        (~A, "not (a eq 1)"),
        (~A & B, "not (a eq 1) and b eq 1"),
        (~(A | B), "not (a eq 1 or b eq 1)"),
        (~NAME.contains("x"), "not contains(lastname,'x')"),
        (~~NAME.contains("x"), "not (not contains(lastname,'x'))"),
        (Filter("a eq 1 or b eq 2") & C, "(a eq 1 or b eq 2) and c eq 1"),
        (~Filter("(a) or (b)"), "not ((a) or (b))"),
    ],
)
def test_brackets_are_where_they_are_needed(built: Filter, text: str) -> None:
    assert str(built) == text


def test_a_filter_is_no_truth_value() -> None:
    with pytest.raises(TypeError, match=r"combine filters with & \| ~"):
        bool(A and B)


@pytest.mark.parametrize(
    "build",
    [
        lambda: col("last name"),
        lambda: col("a eq 1 or b"),
        lambda: related("a/b"),
        lambda: NAME.is_in([]),
        lambda: NAME.is_in([None]),
        lambda: NAME.eq(datetime(2026, 1, 1)),
        lambda: NAME.eq(float("nan")),
        lambda: NAME.eq(Decimal("Infinity")),
        lambda: NAME.eq("\ud800"),
        lambda: NAME.eq(object()),  # type: ignore[arg-type]
        lambda: NAME.function("last-x-days"),
        lambda: col("parent/name").is_in(["a"]),
        lambda: guid("ada@example.org"),
        lambda: col("_ownerid_value").eq("ada@example.org"),
        lambda: guid(None),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_a_condition_is_refused_at_once(build: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        build()

    assert "ada@" not in str(caught.value)


STORE = Sandbox(seed=1).dynamics.store
CONTACT = STORE.table("contact").schema
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"))


def sent_and_read(condition: Filter) -> Any:
    """The test on rows that a server makes of a condition, behind a URL's encoding."""
    name, _, value = wire.query([("$filter", str(condition))]).partition("=")
    assert name == "$filter"
    assert value.isascii()
    assert not set(value) & set(" &#+?%") - {"%"}
    return parse_filter(STORE, CONTACT, unquote(value)).test


@given(TEXTS)
def test_any_text_comes_out_of_a_comparison_as_it_went_in(text: str) -> None:
    assert sent_and_read(NAME.eq(text))({"lastname": text})
    assert not sent_and_read(NAME.eq(text))({"lastname": text + "x"})


@given(TEXTS.filter(lambda t: "]" not in t))
def test_any_text_comes_out_of_a_list_as_it_went_in(text: str) -> None:
    test = sent_and_read(NAME.is_in(["other", text]))

    assert test({"lastname": text})
    assert not test({"lastname": text + "x"})


@given(st.integers(-(2**31), 2**31 - 1), TEXTS, st.booleans())
def test_joined_conditions_keep_their_meaning(number: int, text: str, flag: bool) -> None:
    condition = col("onholdtime").eq(number) & ~(NAME.eq(text) | col("donotemail").eq(flag))
    row = {"onholdtime": number, "lastname": text + "x", "donotemail": not flag}

    assert sent_and_read(condition)(row)
    assert not sent_and_read(condition)({**row, "lastname": text})
    assert not sent_and_read(condition)({**row, "donotemail": flag})


def test_a_comparison_with_signs_is_refused_where_it_is_written() -> None:
    with pytest.raises(TypeError, match=r'col\("name"\)\.eq'):
        _ = col("name") == "x"
    with pytest.raises(TypeError, match=r'col\("name"\)\.ne'):
        _ = col("name") != "x"


@pytest.mark.parametrize("wrong", ["", "  ", False, 5])
def test_what_is_no_filter_is_refused_before_any_call(wrong: Any) -> None:
    with pytest.raises(ConfigError, match="a filter is text such as"):
        calls.list_rows(CONTACTS, filter=wrong)
