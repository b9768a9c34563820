"""Recipients of an envelope, and their tabs."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from ...core.call import Call, Response, WriteClass
from ...core.given import named, path
from ...core.wire import UNSET, Unset
from ...errors import ConfigError
from ..models.envelopes import EnvelopeLock
from ..models.recipients import (
    Recipient,
    RecipientKind,
    Recipients,
    RecipientUpdate,
    RecipientUpdates,
)
from ..models.tabs import Tab, Tabs
from ..reading import RECIPIENT_LISTS, DocuSignReader
from ._bodies import identified, recipients_body, tabs_body
from ._parts import call, filled, plain, within
from ._updates import edit_headers

_recipients = DocuSignReader.of(Recipients)
_updates = DocuSignReader.of(
    RecipientUpdates,
    {
        RecipientUpdates: {"items": "recipientUpdateResults"},
        RecipientUpdate: {"error": "errorDetails"},
    },
)
_tabs = DocuSignReader.of(Tabs)


def list_recipients(
    envelope_id: str, *, include_tabs: bool = False, include_extended: bool = False
) -> Call[Recipients]:
    """The recipients of an envelope, with their tabs where that is asked for."""
    return call(
        "recipients.list",
        "GET",
        path("envelopes", envelope_id, "recipients"),
        lambda r: _recipients.one(r.body),
        query=[
            ("include_tabs", True if include_tabs else None),
            ("include_extended", True if include_extended else None),
        ],
        polls=True,
    )


def add_recipients(
    envelope_id: str,
    recipients: Iterable[Recipient],
    *,
    resend_envelope: bool = False,
    lock: EnvelopeLock | None = None,
) -> Call[Recipients]:
    """Add recipients; who is refused has its `error` set.

    Args:
        resend_envelope: whether those whose turn it is get their mail at once.

    Raises:
        ConfigError: none, more than 100, or two with one id.
    """
    return call(
        "recipients.add",
        "POST",
        path("envelopes", envelope_id, "recipients"),
        lambda r: _recipients.one(r.body),
        query=[("resend_envelope", True if resend_envelope else None)],
        body=recipients_body(recipients),
        headers=edit_headers(lock),
        write_class=WriteClass.UNSAFE,
    )


def update_recipients(
    envelope_id: str,
    recipients: Iterable[Recipient],
    *,
    resend_envelope: bool = False,
    lock: EnvelopeLock | None = None,
) -> Call[RecipientUpdates]:
    """Change recipients: what is set of each, found by its id. Who is refused has its `error` set.

    Leave out the address of whoever keeps it: DocuSign takes any address for a new one, and writes
    to it. Tabs are not changed here.

    Raises:
        ConfigError: one without an id, or with tabs; none; more than 100.
    """
    changes = list(recipients)
    for each in changes:
        named("the recipient_id of a recipient to change", each.recipient_id or "")
        if each.tabs is not None:
            raise ConfigError("DocuSign ignores tabs here; change them with update_tabs")
    return _update(envelope_id, recipients_body(changes), resend_envelope, lock)


def update_recipient(
    envelope_id: str,
    recipient_id: str,
    *,
    kind: RecipientKind | str = RecipientKind.SIGNER,
    name: str | Unset = UNSET,
    email: str | Unset = UNSET,
    routing_order: int | Unset = UNSET,
    note: str | Unset = UNSET,
    access_code: str | Unset = UNSET,
    client_user_id: str | Unset = UNSET,
    resend_envelope: bool = False,
    lock: EnvelopeLock | None = None,
) -> Call[RecipientUpdates]:
    """Change one recipient, or send its mail again; `UNSET` leaves a thing as it is. Its decoding
    raises `ItemRefused` where it was refused.

    Args:
        kind: the list it stands in.
        email: only a new address: DocuSign writes to it, even where it is the one it had.

    Raises:
        ConfigError: nothing to change and nothing to send.
    """
    changes = filled(
        {
            "name": name,
            "email": email,
            "routingOrder": routing_order,
            "note": note,
            "accessCode": access_code,
            "clientUserId": client_user_id,
        }
    )
    if not changes and not resend_envelope:
        raise ConfigError("nothing to change; give a value, or resend_envelope=True")
    body = {"recipientId": named("the id of a recipient", recipient_id), **changes}
    lists: dict[str, object] = {RECIPIENT_LISTS.get(kind, str(plain(kind))): [body]}
    return evolve(_update(envelope_id, lists, resend_envelope, lock), decode=_read_update)


def _read_update(response: Response) -> RecipientUpdates:
    found = _updates.one(response.body)
    found.raise_for_errors()
    return found


def _update(
    envelope_id: str, body: dict[str, object], resend: bool, lock: EnvelopeLock | None
) -> Call[RecipientUpdates]:
    return call(
        "recipients.update",
        "PUT",
        path("envelopes", envelope_id, "recipients"),
        lambda r: _updates.one(r.body),
        query=[("resend_envelope", True if resend else None)],
        body=body,
        headers=edit_headers(lock),
        # Twice the same change is two mails.
        write_class=WriteClass.UNSAFE,
    )


def delete_recipients(
    envelope_id: str, recipients: Iterable[Recipient], *, lock: EnvelopeLock | None = None
) -> Call[Recipients]:
    """Take recipients out, found by kind and id; who is refused has its `error` set.

    Raises:
        ConfigError: none, or one without an id.
    """
    gone = [
        Recipient(
            kind=each.kind,
            recipient_id=named("the recipient_id", each.recipient_id or ""),
        )
        for each in recipients
    ]
    return call(
        "recipients.delete",
        "DELETE",
        path("envelopes", envelope_id, "recipients"),
        lambda r: _recipients.one(r.body),
        body=recipients_body(gone),
        headers=edit_headers(lock),
    )


def delete_recipient(
    envelope_id: str, recipient_id: str, *, lock: EnvelopeLock | None = None
) -> Call[Recipients]:
    """Take one recipient out."""
    return call(
        "recipients.delete",
        "DELETE",
        within(path("envelopes", envelope_id), "recipients", recipient_id),
        _read_whole,
        headers=edit_headers(lock),
    )


def _read_whole(response: Response) -> Recipients:
    found = _recipients.one(response.body)
    found.raise_for_errors()
    return found


# --- tabs ------------------------------------------------------------------------------------


def list_tabs(envelope_id: str, recipient_id: str) -> Call[Tabs]:
    """The tabs of one recipient."""
    where = _tabs_path(envelope_id, recipient_id)
    return call("recipients.tabs", "GET", where, lambda r: _tabs.one(r.body), polls=True)


def add_tabs(
    envelope_id: str,
    recipient_id: str,
    tabs: Iterable[Tab],
    *,
    lock: EnvelopeLock | None = None,
) -> Call[Tabs]:
    """Add tabs for a recipient; what is refused has its `error` set.

    Raises:
        ConfigError: none, or a text that is too long.
    """
    return _change_tabs("add", "POST", envelope_id, recipient_id, list(tabs), lock)


def update_tabs(
    envelope_id: str,
    recipient_id: str,
    tabs: Iterable[Tab],
    *,
    lock: EnvelopeLock | None = None,
) -> Call[Tabs]:
    """Change tabs of a recipient, found by `tab_id`; what is refused has its `error` set.

    DocuSign allows that while the recipient is `created`; later under a lock, as a correction.

    Raises:
        ConfigError: none, or one without its id.
    """
    return _change_tabs("update", "PUT", envelope_id, recipient_id, identified(tabs), lock)


def delete_tabs(
    envelope_id: str,
    recipient_id: str,
    tabs: Iterable[Tab],
    *,
    lock: EnvelopeLock | None = None,
) -> Call[Tabs]:
    """Take tabs of a recipient away, found by `tab_id`; what is refused has its `error` set.

    Raises:
        ConfigError: none, or one without its id.
    """
    gone = [
        Tab(type=tab.type, tab_id=tab.tab_id, group_name=tab.group_name, radios=tab.radios)
        for tab in identified(tabs)
    ]
    return _change_tabs("delete", "DELETE", envelope_id, recipient_id, gone, lock)


def _change_tabs(
    what: str,
    method: str,
    envelope_id: str,
    recipient_id: str,
    tabs: list[Tab],
    lock: EnvelopeLock | None,
) -> Call[Tabs]:
    if not tabs:
        raise ConfigError("no tabs were given")
    return call(
        f"recipients.{what}_tabs",
        method,
        _tabs_path(envelope_id, recipient_id),
        lambda r: _tabs.one(r.body),
        body=tabs_body(tabs),
        headers=edit_headers(lock),
        write_class=WriteClass.UNSAFE if method == "POST" else WriteClass.IDEMPOTENT,
    )


def _tabs_path(envelope_id: str, recipient_id: str) -> str:
    return within(path("envelopes", envelope_id), "recipients", recipient_id, "tabs")
