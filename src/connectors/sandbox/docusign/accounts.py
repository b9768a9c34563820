"""The account: its plan and settings, its users, its custom fields."""

from __future__ import annotations

from .parsing import custom_fields
from .records import CustomField, User
from .routing import Call, Route, page
from .shapes import custom_field
from .wire import (
    Json,
    NotSimulated,
    Refusal,
    Reply,
    bad,
    flag,
    stamp,
    text,
    yes,
)

STATES = ("ActivationRequired", "ActivationSent", "Active", "Closed", "Disabled")
FIELD = ("fieldId", "customFieldType", "name", "value", "show", "required", "listItems")


def settings(call: Call) -> dict[str, Json]:
    account = call.account
    return {
        "accountName": account.name,
        "allowDataDownload": flag(account.form_data),
        "allowBulkSend": "true",
        "allowEnvelopeCorrect": "true",
        "allowServerTemplates": "true",
        "envelopeIntegrationAllowed": "full" if account.connect else "not_allowed",
        "envelopeIntegrationEnabled": flag(account.connect),
    }


def get(call: Call) -> Reply:
    query = call.query("include_account_settings")
    account = call.account
    month = [e for e in account.envelopes.values() if e.initial_sent is not None]
    row: dict[str, Json] = {
        "accountIdGuid": account.id,
        "accountName": account.name,
        "planName": account.plan,
        "planClassification": "business",
        "connectPermission": "full" if account.connect else "none",
        "billingPeriodEnvelopesAllowed": "unlimited",
        "billingPeriodEnvelopesSent": str(len(month)),
        "createdDate": stamp(account.created),
        "currencyCode": "USD",
        "suspensionStatus": "",
        "envelopeSendingBlocked": "false",
        "seatsInUse": str(len(account.members)),
        "useDisplayAppliance": False,
    }
    if yes(query.get("include_account_settings")):
        row["accountSettings"] = settings(call)
    return Reply(200, row)


def get_settings(call: Call) -> Reply:
    call.query()
    return Reply(200, settings(call))


# -- users -------------------------------------------------------------------------------------


def _user(call: Call, user: User, *, more: bool) -> dict[str, Json]:
    row: dict[str, Json] = {
        "userId": user.id,
        "userName": user.name,
        "userType": "CompanyUser",
        "isAdmin": "True" if call.account.members[user.id] else "False",
        "isNAREnabled": "false",
        "userStatus": user.status,
        "uri": f"/users/{user.id}",
        "email": user.email,
        "firstName": user.first,
        "lastName": user.last,
        "createdDateTime": stamp(user.created),
    }
    if more:
        row["permissionProfileName"] = (
            "Account Administrator" if call.account.members[user.id] else "DocuSign Sender"
        )
        row["hasRemoteNotary"] = False
        row["defaultAccountId"] = call.box.default_account[user.id]
    return row


def users(call: Call) -> Reply:
    names = ("additional_info", "count", "start_position", "email", "email_substring",
             "user_name_substring", "status")  # fmt: skip
    query = call.query(*names)
    states = {each.strip() for each in query.get("status", ",".join(STATES)).split(",")}
    if states - set(STATES):
        raise bad(f"parameter: status has no {sorted(states - set(STATES))[0]!r}")
    found = [
        user
        for user in (call.box.users[id] for id in call.account.members)
        if user.status in states
        and query.get("email", user.email).lower() == user.email.lower()
        and query.get("email_substring", "").lower() in user.email.lower()
        and query.get("user_name_substring", "").lower() in user.name.lower()
    ]
    more = yes(query.get("additional_info"))
    rows = [lambda user=user: _user(call, user, more=more) for user in found]
    return Reply(200, page(call, "users", rows, query, most=100, path="users"))


def user(call: Call) -> Reply:
    call.query("additional_info")
    found = call.ids[0].lower()
    if found not in call.account.members:
        raise Refusal("USER_NOT_FOUND", f"The user was not found: {found}.")
    if not call.admin and found != call.user.id:
        raise Refusal("USER_LACKS_PERMISSIONS", "This user lacks sufficient permissions.")
    return Reply(200, _user(call, call.box.users[found], more=True))


# -- custom fields of the account --------------------------------------------------------------


def _fields(call: Call) -> dict[str, Json]:
    every = list(call.account.custom_fields.values())
    return {
        "textCustomFields": [
            {**custom_field(each), "customFieldType": "text"} for each in every if not each.items
        ],
        "listCustomFields": [
            {**custom_field(each), "customFieldType": "list"} for each in every if each.items
        ],
    }


def fields(call: Call) -> Reply:
    call.query()
    return Reply(200, _fields(call))


def _made(call: Call, id: str) -> CustomField:
    query = call.query("apply_to_templates")
    if yes(query.get("apply_to_templates")):
        raise NotSimulated("apply_to_templates")
    given = call.body(FIELD, "the custom field")
    kind = text(given.pop("customFieldType", "text")).lower()
    if kind not in ("text", "list"):
        raise bad(f"parameter: customFieldType {kind!r}")
    (made,) = custom_fields({f"{kind}CustomFields": [{**given, "fieldId": id}]}, lambda: id)
    call.account.custom_fields[id] = made
    return made


def _admin(call: Call) -> None:
    if not call.admin:
        raise Refusal("USER_NOT_ACCOUNT_ADMIN", "User is not an account administrator.")


def add_field(call: Call) -> Reply:
    _admin(call)
    if len(call.account.custom_fields) >= 500:
        raise bad("state: an account has up to 500 custom fields")
    _made(call, call.box.field_id())
    return Reply(201, _fields(call))


def _known(call: Call) -> str:
    _admin(call)
    if call.ids[0] not in call.account.custom_fields:
        raise Refusal("RESOURCE_NOT_FOUND", f"There is no custom field {call.ids[0]!r}.")
    return call.ids[0]


def put_field(call: Call) -> Reply:
    _made(call, _known(call))
    return Reply(200, _fields(call))


def delete_field(call: Call) -> Reply:
    call.query("apply_to_templates")
    del call.account.custom_fields[_known(call)]
    return Reply(200)


ROUTES = [
    Route("GET", "", "accounts.get", get),
    Route("GET", "settings", "accounts.settings", get_settings),
    Route("GET", "users", "users.list", users),
    Route("GET", "users/{}", "users.get", user),
    Route("GET", "custom_fields", "accounts.custom_fields.list", fields),
    Route("POST", "custom_fields", "accounts.custom_fields.create", add_field),
    Route("PUT", "custom_fields/{}", "accounts.custom_fields.update", put_field),
    Route("DELETE", "custom_fields/{}", "accounts.custom_fields.delete", delete_field),
]
