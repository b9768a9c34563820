"""FetchXML: what it asks of the caller, how it is paged, what is refused."""

from collections.abc import Callable
from urllib.parse import quote
from xml.etree.ElementTree import Element, fromstring

import pytest

from connectors.dynamics.fetchxml import (
    caller_conditions,
    next_cookie,
    prepare,
    relative_dates,
    root_table,
)
from connectors.errors import ConfigError, DecodeError

QUERY = """
<fetch version="1.0" mapping="logical" top="7" distinct="true">
  <entity name="contact">
    <attribute name="fullname" />
    <order attribute="lastname" descending="true" />
    <filter type="and">
      <condition attribute="statecode" operator="eq" value="0" />
      <condition attribute="ownerid" operator="eq-userid" />
      <condition attribute="createdon" operator="last-x-days" value="30" />
      <condition attribute="modifiedon" operator="on-or-after" value="2026-01-01" />
    </filter>
    <link-entity name="account" from="accountid" to="parentcustomerid" alias="a">
      <attribute name="name" />
      <order attribute="name" />
      <filter>
        <condition attribute="owningbusinessunit" operator="ne-businessid" />
        <condition attribute="createdon" operator="olderthan-x-months" value="2" />
      </filter>
    </link-entity>
  </entity>
</fetch>
"""


def prepared(query: str = QUERY, *, page: int = 1, cookie: str | None = None) -> Element:
    return fromstring(
        prepare(
            query,
            attributes=("contactid", "emailaddress1", "_masterid_value"),
            key="contactid",
            page=page,
            count=50,
            cookie=cookie,
        )
    )


def test_conditions_on_the_caller_are_found_at_any_depth() -> None:
    assert caller_conditions(QUERY) == ("ownerid eq-userid", "owningbusinessunit ne-businessid")


@pytest.mark.parametrize(
    "operator",
    [
        "eq-userid",
        "ne-userid",
        "eq-userteams",
        "eq-useroruserteams",
        "eq-useroruserhierarchy",
        "eq-useroruserhierarchyandteams",
        "eq-businessid",
        "ne-businessid",
        "eq-userlanguage",
    ],
)
def test_each_operator_on_the_caller_is_known(operator: str) -> None:
    query = f"<fetch><entity name='x'><filter><condition attribute='a' operator='{operator}'/>"

    assert caller_conditions(f"{query}</filter></entity></fetch>") == (f"a {operator}",)


def test_relative_dates_are_found_and_absolute_ones_are_not() -> None:
    assert relative_dates(QUERY) == ("createdon last-x-days", "createdon olderthan-x-months")


def test_the_root_table_is_that_of_the_entity() -> None:
    assert root_table(QUERY) == "contact"


def test_a_prepared_query_has_its_own_page_and_columns() -> None:
    fetch = prepared()
    entity = fetch[0]

    assert (fetch.get("count"), fetch.get("page"), fetch.get("top")) == ("50", "1", None)
    assert fetch.get("paging-cookie") is None
    assert [a.get("name") for a in entity.findall("attribute")] == [
        "contactid",
        "emailaddress1",
        "masterid",
        "lastname",
    ]
    assert [o.attrib for o in entity.findall("order")] == [
        {"attribute": "lastname", "descending": "true"},
        {"attribute": "contactid"},
    ]


def test_linked_tables_filter_and_neither_order_nor_add_columns() -> None:
    link = prepared()[0].find("link-entity")

    assert link is not None
    assert [child.tag for child in link] == ["filter"]


def test_an_order_by_the_key_is_enough() -> None:
    inside = "<all-attributes/><order attribute='contactid'/>"
    entity = prepared(f"<fetch><entity name='contact'>{inside}</entity></fetch>")[0]

    assert entity.find("all-attributes") is None
    assert [o.attrib for o in entity.findall("order")] == [{"attribute": "contactid"}]


def test_a_cookie_survives_its_way_into_the_query() -> None:
    cookie = '<cookie page="1"><contactid last="{A}" first="{B}" /></cookie>'

    fetch = prepared(page=2, cookie=cookie)

    assert (fetch.get("page"), fetch.get("paging-cookie")) == ("2", cookie)


def test_the_next_cookie_is_decoded_twice() -> None:
    cookie = '<cookie page="1"><name last="50%25 &amp; more" /></cookie>'
    twice = quote(quote(cookie))

    annotation = f'<cookie pagenumber="2" pagingcookie="{twice}" istracking="False" />'

    assert next_cookie(annotation) == cookie


def test_a_broken_cookie_is_a_decode_error() -> None:
    with pytest.raises(DecodeError, match="cookie"):
        next_cookie("<cookie")


LAUGHS = '<!DOCTYPE f [<!ENTITY a "ha">]><fetch><entity name="&a;"/></fetch>'


@pytest.mark.parametrize("function", [caller_conditions, relative_dates, root_table, prepared])
@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("", "not XML"),
        ("<fetch>", "not XML"),
        (LAUGHS, "DTD or an entity"),
        ("<entity name='contact'/>", "one <fetch> with one <entity>"),
        ("<fetch/>", "one <fetch> with one <entity>"),
    ],
)
def test_what_is_no_fetchxml_is_refused(
    function: Callable[[str], object], query: str, reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        function(query)


def test_an_aggregate_finds_no_rows() -> None:
    with pytest.raises(ConfigError, match="aggregate"):
        prepared("<fetch aggregate='true'><entity name='contact'/></fetch>")
