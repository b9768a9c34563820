"""The account, its custom fields and its users."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from ...core.call import Call, Pages, WriteClass
from ...core.given import named, path
from ...core.wire import Names
from ...errors import ConfigError, DecodeError
from ..errors import raise_for
from ..models.accounts import Account, User, UserStatus
from ..models.envelopes import CustomField, CustomFieldKind
from ..reading import DocuSignReader
from ._parts import PAGE_SIZE, call, deletion, filled, pages

LONGEST_CUSTOM_FIELD = 100
"""Characters of the name or the value of a custom field."""


@frozen(kw_only=True)
class _Users:
    users: tuple[User, ...] = ()


@frozen(kw_only=True)
class _Gathered:
    fields: tuple[CustomField, ...] = ()


_USER_NAMES: Names = {
    User: {
        "name": "userName",
        "status": "userStatus",
        "type": "userType",
        "connect_enabled": "enableConnectForUser",
        "created_at": "createdDateTime",
        "error": "errorDetails",
    }
}

_account = DocuSignReader.of(
    Account,
    {
        Account: {
            "account_id": "accountIdGuid",
            "name": "accountName",
            "plan_id": "currentPlanId",
            "envelopes_allowed": "billingPeriodEnvelopesAllowed",
            "envelopes_sent": "billingPeriodEnvelopesSent",
            "billing_period_start": "billingPeriodStartDate",
            "billing_period_end": "billingPeriodEndDate",
            "created_at": "createdDate",
            "settings": "accountSettings",
        }
    },
)
_gathered = DocuSignReader.of(_Gathered)
_users = DocuSignReader.of(_Users, _USER_NAMES)
_user = DocuSignReader.of(User, _USER_NAMES)


def get_account(*, include_settings: bool = False) -> Call[Account]:
    """The account; also says whether its plan has Connect."""
    return call(
        "accounts.get",
        "GET",
        "",
        lambda r: _account.one(r.body),
        query=[("include_account_settings", True if include_settings else None)],
    )


# --- custom fields ---------------------------------------------------------------------------


def list_account_custom_fields() -> Call[tuple[CustomField, ...]]:
    """The custom fields that new envelopes of the account offer; 500 at most, without pages."""
    return call(
        "accounts.custom_fields",
        "GET",
        "custom_fields",
        lambda r: _custom_fields(r.body),
    )


def create_account_custom_field(
    custom_field: CustomField, *, apply_to_templates: bool | None = None
) -> Call[CustomField]:
    """Offer a custom field on new envelopes, and on templates where that is asked for.

    Raises:
        ConfigError: no name, a text of more than 100 characters, or a list without items.
    """
    return call(
        "accounts.create_custom_field",
        "POST",
        "custom_fields",
        lambda r: _named(_custom_fields(r.body), custom_field.name),
        query=[("apply_to_templates", apply_to_templates)],
        body=_field_body(custom_field),
        write_class=WriteClass.NATURAL_KEY,
    )


def update_account_custom_field(
    custom_field: CustomField, *, apply_to_templates: bool | None = None
) -> Call[CustomField]:
    """Replace a custom field of the account, which must have been read.

    Raises:
        ConfigError: it has no id, or as `create_account_custom_field`.
    """
    field_id = named("the field_id of a custom field", custom_field.field_id or "")
    return call(
        "accounts.update_custom_field",
        "PUT",
        path("custom_fields", field_id),
        lambda r: _named(_custom_fields(r.body), custom_field.name),
        query=[("apply_to_templates", apply_to_templates)],
        body=_field_body(custom_field),
    )


def delete_account_custom_field(
    field_id: str, *, apply_to_templates: bool | None = None
) -> Call[None]:
    """Offer a custom field no more; one that is gone already counts as deleted."""
    return deletion(
        "accounts.delete_custom_field",
        path("custom_fields", field_id),
        query=[("apply_to_templates", apply_to_templates)],
    )


def _field_body(custom_field: CustomField) -> dict[str, object]:
    kind = custom_field.kind
    text = str(kind.value if isinstance(kind, CustomFieldKind) else kind)
    if text == CustomFieldKind.LIST.value and not custom_field.list_items:
        raise ConfigError("a custom field of the kind list needs list_items")
    for what in (custom_field.name, custom_field.value, *custom_field.list_items):
        if what and len(what) > LONGEST_CUSTOM_FIELD:
            raise ConfigError(
                f"a custom field takes {LONGEST_CUSTOM_FIELD} characters, got {len(what)}"
            )
    name = named("the name of a custom field", custom_field.name or "")
    return filled(
        {
            "fieldId": custom_field.field_id,
            "name": name,
            "customFieldType": text,
            "value": custom_field.value,
            "show": custom_field.show,
            "required": custom_field.required,
            "listItems": custom_field.list_items,
        }
    )


def _custom_fields(body: bytes) -> tuple[CustomField, ...]:
    # The two lists are the whole answer here; elsewhere they are a part of one.
    return _gathered.one(b'{"fields":' + body + b"}").fields


def _named(found: tuple[CustomField, ...], name: str | None) -> CustomField:
    """The field of this name in an answer that may hold all of them."""
    for each in found:
        if each.name == name:
            raise_for([(f"custom field {name}", each.error)])
            return each
    raise DecodeError("the answer does not hold the custom field")


# --- users -----------------------------------------------------------------------------------


def list_users(
    *,
    email: str | None = None,
    email_part: str | None = None,
    name_part: str | None = None,
    statuses: Iterable[UserStatus | str] = (),
    group_id: str | None = None,
    not_group_id: str | None = None,
    login_status: str | None = None,
    domain_users_only: bool | None = None,
    additional_info: bool | None = None,
    page_size: int = PAGE_SIZE,
) -> Pages[User]:
    """The users of the account.

    Args:
        email: the whole address; `email_part` and `name_part` need not be whole.
        statuses: some of "ActivationRequired", "ActivationSent", "Active", "Closed", "Disabled".
        additional_info: with more of each.

    Raises:
        ConfigError: a status in the wrong case, or one text in place of several.
    """
    query = [
        ("additional_info", additional_info),
        ("domain_users_only", domain_users_only),
        ("email", email),
        ("email_substring", email_part),
        ("user_name_substring", name_part),
        ("group_id", group_id),
        ("not_group_id", not_group_id),
        ("login_status", login_status),
        ("status", user_statuses(statuses)),
    ]
    return pages("users.list", "users", lambda b: _users.one(b).users, query, page_size)


def get_user(user_id: str, *, additional_info: bool | None = None) -> Call[User]:
    """One user."""
    return call(
        "users.get",
        "GET",
        path("users", user_id),
        lambda r: _user.one(r.body),
        query=[("additional_info", additional_info)],
    )


def user_statuses(statuses: Iterable[UserStatus | str]) -> str | None:
    """Statuses as a query has them; DocuSign minds their case.

    Raises:
        ConfigError: a status in the wrong case, or one text in place of several.
    """
    if isinstance(statuses, str):
        raise ConfigError("statuses takes a list of statuses, not one text")
    words = [str(s.value if isinstance(s, UserStatus) else s) for s in statuses]
    known = {each.value.lower(): each.value for each in UserStatus}
    for word in words:
        if not word or known.get(word.lower(), word) != word:
            raise ConfigError(
                f"statuses are written like {', '.join(known.values())}; got {word[:40]!r}"
            )
    return ",".join(words) or None
