"""Recipients, tabs, documents, custom fields and notifications out of a request."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any

from .records import KINDS, CustomField, Document, Notification, Recipient, Tabs
from .wire import (
    Json,
    NotSimulated,
    Refusal,
    bad,
    flag,
    is_mail,
    known,
    rows,
    text,
    whole,
    yes,
)

TAB_TYPES = {
    "signHereTabs": "signhere",
    "initialHereTabs": "initialhere",
    "dateSignedTabs": "datesigned",
    "fullNameTabs": "fullname",
    "emailAddressTabs": "emailaddress",
    "textTabs": "text",
    "numberTabs": "number",
    "dateTabs": "date",
    "emailTabs": "email",
    "ssnTabs": "ssn",
    "zipTabs": "zip",
    "noteTabs": "note",
    "companyTabs": "company",
    "titleTabs": "title",
    "checkboxTabs": "checkbox",
    "listTabs": "list",
    "radioGroupTabs": "radiogroup",
    "senderNameTabs": "sendername",
    "senderCompanyTabs": "sendercompany",
    "firstNameTabs": "firstname",
    "lastNameTabs": "lastname",
}
PREFILL = ("textTabs", "checkboxTabs", "radioGroupTabs", "senderNameTabs", "senderCompanyTabs",
           "dateTabs", "emailTabs", "numberTabs", "ssnTabs", "zipTabs")  # fmt: skip
VALUED = frozenset(
    "textTabs numberTabs dateTabs emailTabs ssnTabs zipTabs noteTabs companyTabs titleTabs listTabs "
    "fullNameTabs emailAddressTabs dateSignedTabs senderNameTabs senderCompanyTabs firstNameTabs "
    "lastNameTabs".split()
)
ORIGINAL = VALUED - frozenset(
    "noteTabs fullNameTabs emailAddressTabs dateSignedTabs senderNameTabs senderCompanyTabs "
    "firstNameTabs lastNameTabs".split()
)
"""Tabs that tell what their value was before the recipient came."""
TAB_FIELDS = """
    tabId tabLabel groupName name value originalValue selected documentId pageNumber xPosition
    yPosition width height required locked shared optional tooltip tabOrder font fontSize fontColor
    bold italic underline maxLength anchorString anchorXOffset anchorYOffset anchorUnits
    anchorIgnoreIfNotPresent anchorCaseSensitive anchorMatchWholeWord listItems radios
    validationPattern validationMessage concealValueOnDocument disableAutoSize templateLocked
    templateRequired senderRequired tabType recipientId recipientIdGuid status
""".split()
PERSON_FIELDS = """
    recipientId name email firstName lastName fullName roleName routingOrder clientUserId note
    userId deliveryMethod accessCode customFields tabs emailNotification embeddedRecipientStartURL
    hostName hostEmail signerName signerEmail defaultRecipient suppressEmails
""".split()
KEPT = """
    firstName lastName fullName note accessCode customFields emailNotification
    embeddedRecipientStartURL hostName hostEmail deliveryMethod suppressEmails
""".split()
DOCUMENT_FIELDS = (
    "documentId name fileExtension documentBase64 order transformPdfFields documentFields display "
    "includeInDownload".split()
)
FIELD_FIELDS = ("fieldId", "name", "value", "show", "required", "configurationType", "listItems")
MOST = 32 * 1024 * 1024


def tabs(value: Json, where: str, guid: Callable[[], str]) -> Tabs:
    """Tabs, each with an id."""
    given = known(value, TAB_TYPES, f"the tabs of {where}")
    out: Tabs = {}
    for name, group in given.items():
        made = [_tab(name, row, guid) for row in rows(group, name)]
        if made:
            out[name] = made
    return out


def tab_fields(kind: str) -> list[str]:
    """What a tab of this kind may say: a radio group has no id, its radios have."""
    return [name for name in TAB_FIELDS if name != "tabId" or kind != "radioGroupTabs"]


def renew(tab: dict[str, Any], guid: Callable[[], str]) -> None:
    """Give a copy of a tab an id of its own."""
    for each in tab.get("radios", (tab,)):
        each["tabId"] = guid()


def relabel(every: Sequence[Tabs], old: str, new: str | None) -> bool:
    """Give the tabs of one label another, or take them away where it is None. Whether there are any."""
    found = False
    for groups in every:
        for kind, group in groups.items():
            key = "groupName" if kind == "radioGroupTabs" else "tabLabel"
            for tab in [each for each in group if each.get(key) == old]:
                found = True
                if new is None:
                    group.remove(tab)
                else:
                    tab[key] = new
    return found


def _tab(kind: str, row: dict[str, Json], guid: Callable[[], str]) -> dict[str, Any]:
    given = known(row, tab_fields(kind), kind)
    tab: dict[str, Any] = {
        key: text(value) for key, value in given.items() if key not in ("listItems", "radios")
    }
    if kind != "radioGroupTabs":
        tab["tabId"] = tab.get("tabId") or guid()
    tab["tabType"] = TAB_TYPES[kind]
    label = tab.get("tabLabel", "")
    if len(label) > 500:
        raise bad("parameter: a tabLabel has more than 500 characters")
    if kind == "radioGroupTabs":
        if not tab.get("groupName"):
            raise bad("parameter: a radio group needs a groupName")
        fields = ("value", "selected", "tabId", "pageNumber", "xPosition", "yPosition", "locked",
                  "required", "documentId")  # fmt: skip
        tab["radios"] = [
            {
                "selected": "false",
                **{key: text(v) for key, v in known(each, fields, "radios").items()},
            }
            for each in rows(given.get("radios"), "radios")
        ]
        for radio in tab["radios"]:
            radio["tabId"] = radio.get("tabId") or guid()
    elif not label:
        tab["tabLabel"] = tab.get("name") or f"{tab['tabType']} {tab['tabId']}"
    if kind == "listTabs":
        tab["listItems"] = [
            {
                "selected": "false",
                **{
                    key: text(v)
                    for key, v in known(each, ("text", "value", "selected"), "listItems").items()
                },
            }
            for each in rows(given.get("listItems"), "listItems")
        ]
    if kind in VALUED:
        tab["value"] = check_value(tab.get("value", ""))
        if kind in ORIGINAL:
            tab["originalValue"] = tab.get("originalValue", tab["value"])
    if kind == "checkboxTabs":
        tab["selected"] = flag(yes(tab.get("selected")))
    return tab


def check_value(value: str) -> str:
    if len(value.encode()) > 4000:
        raise bad("parameter: a tab value has more than 4000 bytes")
    return value


def recipients(value: Json, guid: Callable[[], str], taken: Sequence[Recipient]) -> list[Recipient]:
    """The recipients of an envelope or a template."""
    given = known(value, (*KINDS, "recipientCount", "currentRoutingOrder"), "the recipients")
    out: list[Recipient] = []
    for kind in KINDS:
        for row in rows(given.get(kind), kind):
            out.append(recipient(kind, row, guid))
    every = [*taken, *out]
    if len({each.id for each in every}) < len(every):
        raise Refusal("INVALID_RECIPIENT_ID", "A recipientId is used twice.")
    if len(every) > 100:
        raise bad("parameter: an envelope has more than 100 recipients")
    return out


def recipient(kind: str, row: dict[str, Json], guid: Callable[[], str]) -> Recipient:
    given = known(row, PERSON_FIELDS, kind)
    id = text(given.get("recipientId"))
    if not id:
        raise Refusal("INVALID_RECIPIENT_ID", "A recipientId is missing.")
    who = Recipient(kind, id)
    merge(who, given)
    if "tabs" in given:
        who.tabs = tabs(given["tabs"], f"recipient {id}", guid)
        for group in who.tabs.values():
            for tab in group:
                tab.setdefault("documentId", "1")
    return who


def merge(who: Recipient, given: dict[str, Json]) -> None:
    """Put what a request says of somebody on the recipient; what it leaves out stays."""
    inside = who.kind == "inPersonSigners"
    name, mail = ("signerName", "signerEmail") if inside else ("name", "email")
    who.name = text(given.get(name, who.name))
    who.email = text(given.get(mail, who.email))
    if who.email and not is_mail(who.email):
        raise Refusal(
            "INVALID_EMAIL_ADDRESS_FOR_RECIPIENT",
            f"The email address for the recipient is invalid: recipient {who.id}.",
        )
    if given.get("deliveryMethod", "email") != "email":
        raise NotSimulated(f"the deliveryMethod {given['deliveryMethod']!r}")
    who.role = text(given.get("roleName", who.role))
    who.client_user_id = text(given.get("clientUserId", who.client_user_id))
    if given.get("routingOrder"):
        who.order = whole(given["routingOrder"], "routingOrder", 1, 10**4)
    for key in KEPT:
        if key in given:
            who.more[key] = given[key]


def documents(value: Json, guid: Callable[[], str]) -> list[Document]:
    """Documents with their bytes."""
    out = []
    for number, row in enumerate(rows(value, "documents"), 1):
        given = known(row, DOCUMENT_FIELDS, "documents")
        id = str(whole(given.get("documentId", ""), "documentId", 1, 2**31 - 1))
        try:
            content = base64.b64decode(text(given.get("documentBase64")), validate=True)
        except binascii.Error:
            content = b""
        if not content or len(content) > MOST:
            raise Refusal(
                "UNABLE_TO_LOAD_DOCUMENT", f"Unable to load the document: documentId {id}."
            )
        if yes(given.get("transformPdfFields")):
            raise NotSimulated("transformPdfFields")
        name = text(given.get("name"))
        if not name:
            raise bad(f"parameter: document {id} has no name")
        fields = [
            {key: text(v) for key, v in known(each, ("name", "value"), "documentFields").items()}
            for each in rows(given.get("documentFields"), "documentFields")
        ]
        out.append(
            Document(
                id,
                name,
                content,
                guid(),
                text(given.get("fileExtension") or "pdf"),
                whole(given.get("order") or number, "order", 1, 10**6),
                max(1, content.count(b"/Type /Page ") + content.count(b"/Type/Page ")),
                fields,
            )
        )
    return out


def custom_fields(value: Json, new_id: Callable[[], str]) -> list[CustomField]:
    """Fields of an envelope, new ones."""
    if value is None:
        return []
    given = known(value, ("textCustomFields", "listCustomFields"), "customFields")
    out = []
    for kind, group in sorted(given.items(), reverse=True):
        for row in rows(group, kind):
            one = known(row, FIELD_FIELDS, kind)
            name, content = text(one.get("name")), text(one.get("value"))
            if not name or len(name) > 100 or len(content) > 100:
                raise bad("parameter: a custom field needs a name; both have up to 100 characters")
            items = None
            if kind == "listCustomFields":
                items = [text(each) for each in one.get("listItems") or []]
            made = CustomField(text(one.get("fieldId")) or new_id(), name, content, items=items)
            made.show, made.required = yes(one.get("show")), yes(one.get("required"))
            out.append(made)
    return out


def notification(value: Json, of: Notification) -> None:
    """Put what a request says on a notification."""
    given = known(value, ("useAccountDefaults", "reminders", "expirations"), "notification")
    if "useAccountDefaults" in given:
        of.defaults = yes(given["useAccountDefaults"])
    if of.defaults and "expirations" not in given and "reminders" not in given:
        return
    of.defaults = False
    remind = known(
        given.get("reminders") or {},
        ("reminderEnabled", "reminderDelay", "reminderFrequency"),
        "reminders",
    )
    of.remind = yes(remind.get("reminderEnabled", flag(of.remind)))
    of.remind_after = whole(remind.get("reminderDelay", of.remind_after), "reminderDelay", 0, 999)
    of.remind_every = whole(
        remind.get("reminderFrequency", of.remind_every), "reminderFrequency", 0, 999
    )
    expire = known(
        given.get("expirations") or {},
        ("expireEnabled", "expireAfter", "expireWarn"),
        "expirations",
    )
    of.expire = yes(expire.get("expireEnabled", flag(of.expire)))
    of.expire_after = whole(expire.get("expireAfter", of.expire_after), "expireAfter", 0, 999)
    of.warn_before = whole(expire.get("expireWarn", of.warn_before), "expireWarn", 0, 999)
