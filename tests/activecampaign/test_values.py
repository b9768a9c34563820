"""Values of fields: what each type takes, and what it refuses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.activecampaign import field_text
from connectors.activecampaign.models import Field, FieldOption, FieldType
from connectors.errors import ConfigError
from tests.activecampaign.script import Script, ok
from tests.facades import WORLDS, World, run

OPTIONS = tuple(
    FieldOption(id=str(n), field_id="7", value=text) for n, text in enumerate(("Gold", "Silver"))
)
NOON = datetime(2026, 5, 19, 12, tzinfo=timezone(timedelta(hours=2)))


def field(kind: FieldType | str | None) -> Field:
    return Field(id="7", title="Plan", type=kind, options=OPTIONS)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (FieldType.TEXT, "x", "x"),
        (FieldType.TEXTAREA, 7, "7"),
        (FieldType.HIDDEN, NOON, "2026-05-19T10:00:00+00:00"),
        (FieldType.DATE, date(2026, 5, 19), "2026-05-19"),
        (FieldType.DATE, "2026-05-19", "2026-05-19"),
        (FieldType.DATETIME, NOON, "2026-05-19T10:00:00+00:00"),
        (FieldType.DATETIME, "2026-05-19T02:45:00-05:00", "2026-05-19T07:45:00+00:00"),
        (FieldType.RADIO, "Gold", "Gold"),
        (FieldType.DROPDOWN, "Silver", "Silver"),
        (FieldType.CHECKBOX, ["Gold", "Silver"], ("Gold", "Silver")),
        (FieldType.LISTBOX, ("Gold",), ("Gold",)),
        (FieldType.NUMBER, 7, "7"),
        (FieldType.NUMBER, " 7.5 ", "7.5"),
        (FieldType.CURRENCY, Decimal("12.50"), "12.50"),
        (FieldType.NUMBER, Decimal("1000").normalize(), "1000"),
        (FieldType.NUMBER, 1e21, "1" + "0" * 21),
        (FieldType.CURRENCY, 1e-7, "0.0000001"),
        (FieldType.NUMBER, 10**29, "1" + "0" * 29),
        (FieldType.NUMBER, "-7", "-7"),
        (FieldType.TEXT, Decimal("1E+3"), "1000"),
        (FieldType.HIDDEN, 1e21, "1" + "0" * 21),
        ("NULL", "x", "x"),
        (None, "x", "x"),
    ],
)
def test_each_type_takes_its_own(kind: Any, value: Any, text: Any) -> None:
    assert field_text(field(kind), value) == text


@pytest.mark.parametrize(
    ("kind", "value", "right"),
    [
        (FieldType.TEXT, "", "None to clear"),
        (FieldType.TEXT, ["a"], "one value"),
        (FieldType.DATE, "19.5.2026", "a date"),
        (FieldType.DATE, NOON, "a date"),
        (FieldType.DATE, 7, "a date"),
        (FieldType.DATETIME, datetime(2026, 5, 19), "its zone"),
        (FieldType.DATETIME, "2026-05-19T02:45:00", "its zone"),
        (FieldType.DATETIME, "soon", "its zone"),
        (FieldType.DATETIME, date(2026, 5, 19), "its zone"),
        (FieldType.RADIO, "gold", "one of Gold, Silver"),
        (FieldType.DROPDOWN, "||Gold||", "one of Gold, Silver"),
        (FieldType.DROPDOWN, 7, "one of Gold, Silver"),
        (FieldType.DROPDOWN, ["Gold"], "one value"),
        (FieldType.CHECKBOX, "Gold", "a list"),
        (FieldType.CHECKBOX, ["Bronze"], "one of Gold, Silver"),
        (FieldType.NUMBER, "many", "a number"),
        (FieldType.NUMBER, float("nan"), "a number"),
        (FieldType.CURRENCY, True, "a number"),
        (FieldType.NUMBER, "1_000", "in plain digits, like 1234.5"),
        (FieldType.NUMBER, "1e5", "in plain digits"),
        (FieldType.NUMBER, "1,5", "in plain digits"),
        (FieldType.NUMBER, ".5", "in plain digits"),
        (FieldType.CURRENCY, "١٢", "in plain digits"),
        (FieldType.NUMBER, 10**30, "in plain digits"),
        (FieldType.NUMBER, Decimal("1E+999999999999999999"), "in plain digits"),
        (FieldType.NUMBER, Decimal("1E-999999999999999999"), "in plain digits"),
        (FieldType.NUMBER, Decimal("-Infinity"), "in plain digits"),
        (FieldType.NUMBER, Decimal("sNaN"), "in plain digits"),
        (FieldType.NUMBER, date(2026, 5, 19), "in plain digits"),
        (FieldType.TEXT, float("nan"), "in plain digits"),
    ],
)
def test_and_refuses_the_rest_with_its_name(kind: Any, value: Any, right: str) -> None:
    with pytest.raises(ConfigError, match=right) as caught:
        field_text(field(kind), value)

    assert "field 7 (Plan)" in str(caught.value)


def test_a_number_too_long_for_python_to_print_is_refused_too() -> None:
    with pytest.raises(ConfigError, match="in plain digits"):
        field_text(field(FieldType.NUMBER), 10**5000)


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False) | st.floats(allow_nan=False))
def test_a_number_is_sent_exactly_or_not_at_all(value: Decimal | float) -> None:
    try:
        text = field_text(field(FieldType.NUMBER), value)
    except ConfigError:
        return
    assert isinstance(text, str)
    assert Decimal(text) == Decimal(str(value))
    assert set(text) <= set("-.0123456789")


@pytest.mark.parametrize("world", WORLDS)
def test_a_value_is_checked_where_its_field_is_given(world: World) -> None:
    answer = ok({"fieldValue": {"id": "1", "contact": "1", "field": "7"}})
    script = Script([answer] * 3)
    day = field(FieldType.DATE)

    async def case(client: Any) -> None:
        await client.field_values.set("1", day, datetime(2026, 5, 19, tzinfo=UTC).date())
        await client.field_values.set("1", day, None)
        await client.field_values.set("1", "7", ["a"])
        with pytest.raises(ConfigError, match="a date"):
            await client.field_values.set("1", day, "soon")
        with pytest.raises(ConfigError, match="needs its field"):
            await client.field_values.set("1", "7", 7)

    run(world, script.make(), case)

    assert [each.json["fieldValue"]["value"] for each in script.sent] == [
        "2026-05-19",
        "",
        "||a||",
    ]
