"""The account, its custom fields and its users, as values."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
from attrs import evolve

from connectors.core.call import Call, Response
from connectors.docusign import calls
from connectors.docusign.errors import ItemRefused
from connectors.docusign.models import (
    Account,
    CustomField,
    CustomFieldKind,
    ErrorDetails,
    User,
    UserId,
    UserStatus,
)
from connectors.errors import ConfigError, DecodeError
from tests.docusign.administration import DEPARTMENT, FIELD

MARK = "c4n4ry"


def sent(call: Call[Any]) -> Any:
    return json.loads(call.request.body)


def query(call: Call[Any]) -> dict[str, str]:
    return dict(parse_qsl(call.request.query, keep_blank_values=True))


def read(call: Call[Any], body: object, status: int = 200) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return call.decode(Response(status=status, body=raw))


# --- the account -----------------------------------------------------------------------------


def test_the_account_is_asked_for_at_its_own_address() -> None:
    request = calls.get_account().request

    base = "https://demo.docusign.net/restapi/v2.1/accounts/a"
    assert request.url(base) == base
    assert query(calls.get_account(include_settings=True)) == {"include_account_settings": "true"}


def test_the_account_is_typed() -> None:
    body = {
        "accountIdGuid": "a-guid",
        "accountName": "Acme",
        "externalAccountId": "1234567",
        "currentPlanId": "p1",
        "planName": "Business Pro",
        "planClassification": "business",
        "connectPermission": "enabled",
        "billingPeriodEnvelopesAllowed": "unlimited",
        "billingPeriodEnvelopesSent": "17",
        "billingPeriodStartDate": "3/1/2026 12:00:00 am",
        "billingPeriodEndDate": "",
        "billingPeriodDaysRemaining": "12",
        "envelopeSendingBlocked": "false",
        "suspensionStatus": None,
        "currencyCode": "EUR",
        "canUpgrade": "True",
        "createdDate": "2015-08-13T22:03:03.4500000Z",
        "accountSettings": {"allowBulkSend": "true"},
        "dssValues": {"a": "b"},
        "useDisplayAppliance": False,
    }

    assert read(calls.get_account(), body) == Account(
        account_id="a-guid",
        name="Acme",
        external_account_id="1234567",
        plan_id="p1",
        plan_name="Business Pro",
        plan_classification="business",
        connect_permission="enabled",
        envelopes_allowed="unlimited",
        envelopes_sent=17,
        billing_period_start="3/1/2026 12:00:00 am",
        billing_period_days_remaining=12,
        envelope_sending_blocked=False,
        currency_code="EUR",
        can_upgrade=True,
        created_at=datetime(2015, 8, 13, 22, 3, 3, 450000, tzinfo=UTC),
        settings={"allowBulkSend": "true"},
    )


def test_a_day_alone_is_a_time_too() -> None:
    found = read(calls.get_account(), {"createdDate": "2020-03-15"})

    assert found.created_at == datetime(2020, 3, 15, tzinfo=UTC)


@pytest.mark.parametrize("word", ["full", "enabled", "Enabled", "true", "1", " TRUE "])
def test_a_plan_with_connect_has_nothing_in_the_way(word: str) -> None:
    account = Account(connect_permission=word, plan_name="Business Pro")

    assert account.connect_available is True
    assert account.connect_hindrance == ""


@pytest.mark.parametrize("word", ["disabled", "False", "none", "0"])
def test_a_plan_without_connect_says_why_there_are_no_webhooks(word: str) -> None:
    account = Account(connect_permission=word, plan_name="Personal")

    assert account.connect_available is False
    assert account.connect_hindrance == (
        "DocuSign Connect is not part of the plan 'Personal' of this account: webhooks need a plan "
        "with Connect, such as Business Pro"
    )
    assert "plan of this" in evolve(account, plan_name=None).connect_hindrance


@pytest.mark.parametrize("word", [None, "", "hologram"])
def test_where_the_account_does_not_say_nobody_guesses(word: str | None) -> None:
    account = Account(connect_permission=word)

    assert account.connect_available is None
    assert account.connect_hindrance == ""


# --- custom fields ---------------------------------------------------------------------------

FIELDS = {
    "textCustomFields": [
        {
            "fieldId": "1",
            "name": "ac_contact_id",
            "show": "false",
            "required": "true",
            "value": "",
            "configurationType": None,
        }
    ],
    "listCustomFields": [
        {
            "fieldId": FIELD,
            "name": "department",
            "show": "true",
            "required": "false",
            "value": "legal",
            "listItems": ["legal", "sales"],
        }
    ],
}


def test_custom_fields_of_both_kinds_are_read() -> None:
    assert read(calls.list_account_custom_fields(), FIELDS) == (
        CustomField(field_id="1", name="ac_contact_id", show=False, required=True),
        DEPARTMENT,
    )


@pytest.mark.parametrize("body", [{}, {"textCustomFields": None, "listCustomFields": []}])
def test_an_account_without_custom_fields_has_none(body: object) -> None:
    assert read(calls.list_account_custom_fields(), body) == ()


@pytest.mark.parametrize("body", [b"<html>", b"7", b"", b'{"textCustomFields": [1]}'])
def test_what_holds_no_custom_fields_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError):
        read(calls.list_account_custom_fields(), body)


def test_a_custom_field_is_written_in_strings() -> None:
    call = calls.create_account_custom_field(DEPARTMENT, apply_to_templates=True)

    assert sent(call) == {
        "fieldId": FIELD,
        "name": "department",
        "customFieldType": "list",
        "value": "legal",
        "show": "true",
        "required": "false",
        "listItems": ["legal", "sales"],
    }
    assert query(call) == {"apply_to_templates": "true"}
    spare = CustomField(name="note")
    assert sent(calls.create_account_custom_field(spare)) == {
        "name": "note",
        "customFieldType": "text",
    }


def test_the_answer_to_a_change_is_the_custom_field_of_that_name() -> None:
    assert read(calls.create_account_custom_field(DEPARTMENT), FIELDS, 201) == DEPARTMENT
    assert read(calls.update_account_custom_field(DEPARTMENT), FIELDS) == DEPARTMENT
    with pytest.raises(DecodeError):
        read(calls.create_account_custom_field(CustomField(name="other")), FIELDS, 201)


def test_a_custom_field_that_is_refused_within_a_success_is_raised() -> None:
    row = {"name": "note", "errorDetails": {"errorCode": "INVALID", "message": "no"}}
    with pytest.raises(ItemRefused, match="custom field note: INVALID no"):
        read(
            calls.create_account_custom_field(CustomField(name="note")),
            {"textCustomFields": [row]},
            201,
        )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"name": None}, "name"),
        ({"name": "x" * 101}, "100 characters, got 101"),
        ({"value": "x" * 101}, "100 characters, got 101"),
        ({"list_items": ("x" * 101,)}, "100 characters, got 101"),
        ({"list_items": ()}, "list_items"),
    ],
)
def test_a_custom_field_that_docusign_would_refuse_is_not_sent(
    change: dict[str, Any], why: str
) -> None:
    with pytest.raises(ConfigError, match=why):
        calls.create_account_custom_field(evolve(DEPARTMENT, **change))


def test_an_update_of_a_custom_field_needs_its_id() -> None:
    with pytest.raises(ConfigError, match="field_id"):
        calls.update_account_custom_field(evolve(DEPARTMENT, field_id=None))


def test_a_kind_that_docusign_may_get_one_day_passes() -> None:
    odd = CustomField(name="x", kind="hologram")

    assert sent(calls.create_account_custom_field(odd))["customFieldType"] == "hologram"
    assert CustomFieldKind.TEXT.value == "text"


# --- users -----------------------------------------------------------------------------------

USER_ROW = {
    "userId": "u1",
    "userName": "Ada Lovelace",
    "email": "ada@example.com",
    "firstName": "Ada",
    "lastName": "Lovelace",
    "userStatus": "Active",
    "userType": "CompanyUser",
    "isAdmin": "True",
    "enableConnectForUser": "false",
    "permissionProfileId": "7",
    "permissionProfileName": "Account Administrator",
    "company": "",
    "jobTitle": None,
    "defaultAccountId": "a",
    "loginStatus": "not_logged_in",
    "createdDateTime": "2020-08-18T23:36:26.8830000Z",
    "lastLogin": "2026-03-02T08:00:00.0000000Z",
    "hasRemoteNotary": False,
    "errorDetails": {"errorCode": "SUCCESS", "message": "ok"},
}
ADA = User(
    user_id=UserId("u1"),
    name="Ada Lovelace",
    email="ada@example.com",
    first_name="Ada",
    last_name="Lovelace",
    status=UserStatus.ACTIVE,
    type="CompanyUser",
    is_admin=True,
    connect_enabled=False,
    permission_profile_id="7",
    permission_profile_name="Account Administrator",
    default_account_id="a",
    login_status="not_logged_in",
    created_at=datetime(2020, 8, 18, 23, 36, 26, 883000, tzinfo=UTC),
    last_login=datetime(2026, 3, 2, 8, tzinfo=UTC),
)


def test_a_user_is_typed() -> None:
    assert read(calls.get_user("u1"), USER_ROW) == ADA


def test_a_row_that_failed_says_so_and_an_unknown_status_stays() -> None:
    body = {
        "users": [
            {"userId": "u2", "userStatus": "Hologram"},
            {"userId": "u3", "errorDetails": {"errorCode": "USER_NOT_FOUND", "message": "no"}},
        ],
        "resultSetSize": "2",
        "totalSetSize": "2",
        "nextUri": "",
    }
    page = read(calls.list_users().at(None), body)

    assert page.items == (
        User(user_id=UserId("u2"), status="Hologram"),
        User(user_id=UserId("u3"), error=ErrorDetails(error_code="USER_NOT_FOUND", message="no")),
    )
    assert (page.cursor, page.total) == (None, 2)


def test_users_are_filtered_by_the_query() -> None:
    call = calls.list_users(
        email="ada+x@example.com",
        email_part="@example.com",
        name_part="A",
        statuses=[UserStatus.ACTIVE, "Closed"],
        group_id="1",
        not_group_id="2",
        login_status="x",
        domain_users_only=False,
        additional_info=True,
        page_size=2,
    ).at("4")

    assert query(call) == {
        "email": "ada+x@example.com",
        "email_substring": "@example.com",
        "user_name_substring": "A",
        "status": "Active,Closed",
        "group_id": "1",
        "not_group_id": "2",
        "login_status": "x",
        "domain_users_only": "false",
        "additional_info": "true",
        "count": "2",
        "start_position": "4",
    }
    assert "+" not in call.request.query
    assert query(calls.list_users().at(None)) == {"count": "1000", "start_position": "0"}


@pytest.mark.parametrize(
    ("statuses", "why"),
    [
        ("Active", "a list of statuses"),
        (["active"], "got 'active'"),
        (["ACTIVE"], "Active"),
        ([""], "got ''"),
    ],
)
def test_statuses_are_written_as_docusign_has_them(statuses: Any, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        calls.list_users(statuses=statuses)
    with pytest.raises(ConfigError, match=why):
        calls.list_connect_users("1", statuses=statuses)


def test_a_status_that_docusign_may_get_one_day_passes() -> None:
    assert query(calls.list_users(statuses=["Hologram"]).at(None))["status"] == "Hologram"


def test_no_person_is_shown() -> None:
    person = User(
        user_id=UserId("u"), name=MARK, email=f"{MARK}@x.org", first_name=MARK, last_name=MARK
    )

    assert MARK not in repr(person)
    assert MARK not in repr(Account(settings={"a": MARK}))
    assert MARK not in repr(calls.list_users(email=f"{MARK}@x.org").at(None))
