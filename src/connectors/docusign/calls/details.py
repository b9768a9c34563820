"""What is beside an envelope: custom fields, form data, history, templates, reminders, the lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import frozen

from ...core.call import Call, Response, WriteClass
from ...core.given import named, path
from ...errors import ConfigError
from ..errors import raise_for
from ..models.envelopes import CustomField, EnvelopeLock, Notification
from ..models.results import (
    AuditEvent,
    CustomFields,
    FormData,
    FormDataItem,
    PrefillFormData,
    RecipientFormData,
)
from ..models.templates import EnvelopeTemplate
from ..reading import DocuSignReader
from ._bodies import custom_fields_body, notification_body
from ._parts import call, filled, nothing
from ._updates import edit_headers


@frozen(kw_only=True)
class _AuditEvents:
    audit_events: tuple[AuditEvent, ...] = ()


@frozen(kw_only=True)
class _Templates:
    templates: tuple[EnvelopeTemplate, ...] = ()


_ERROR = {"error": "errorDetails"}
_custom_fields = DocuSignReader.of(CustomFields)
_audit_events = DocuSignReader.of(_AuditEvents, {AuditEvent: {"fields": "eventFields"}})
_templates = DocuSignReader.of(_Templates, {EnvelopeTemplate: _ERROR})
_notification = DocuSignReader.of(Notification)
_lock = DocuSignReader.of(EnvelopeLock)
_form_data = DocuSignReader.of(
    FormData,
    {
        FormData: {
            "sent_at": "sentDateTime",
            "items": "formData",
            "prefill": "prefillFormData",
            "recipients": "recipientFormData",
        },
        FormDataItem: _ERROR,
        PrefillFormData: {"items": "formData"},
        RecipientFormData: {
            "recipient_id_guid": "recipientId",
            "sent_at": "SentTime",
            "delivered_at": "DeliveredTime",
            "signed_at": "SignedTime",
            "declined_at": "DeclinedTime",
            "items": "formData",
        },
    },
)


# --- reading ---------------------------------------------------------------------------------


def get_form_data(envelope_id: str) -> Call[FormData]:
    """What was filled in, also while people are signing and after the envelope was voided."""
    return call(
        "envelopes.form_data",
        "GET",
        path("envelopes", envelope_id, "form_data"),
        lambda r: _form_data.one(r.body),
        polls=True,
    )


def list_audit_events(
    envelope_id: str, *, locale: str | None = None
) -> Call[tuple[AuditEvent, ...]]:
    """The history of an envelope, in the words of `locale`, such as "fr"."""
    return call(
        "envelopes.audit_events",
        "GET",
        path("envelopes", envelope_id, "audit_events"),
        lambda r: _audit_events.one(r.body).audit_events,
        query=[("locale", locale)],
        polls=True,
    )


def list_envelope_templates(envelope_id: str) -> Call[tuple[EnvelopeTemplate, ...]]:
    """The templates an envelope was made of; none where it was made of documents alone."""
    where = path("envelopes", envelope_id, "templates")
    return call("envelopes.templates", "GET", where, lambda r: _templates.one(r.body).templates)


# --- custom fields ---------------------------------------------------------------------------


def list_custom_fields(envelope_id: str) -> Call[CustomFields]:
    """The custom fields of an envelope, with their ids."""
    where = path("envelopes", envelope_id, "custom_fields")
    return call(
        "envelopes.custom_fields", "GET", where, lambda r: _custom_fields.one(r.body), polls=True
    )


def create_custom_fields(
    envelope_id: str, fields: Iterable[CustomField], *, lock: EnvelopeLock | None = None
) -> Call[CustomFields]:
    """Add custom fields; what is refused has its `error` set.

    Raises:
        ConfigError: none, one without a name, or a text of more than 100 characters.
    """
    return _fields("create", "POST", envelope_id, list(fields), lock, WriteClass.UNSAFE)


def update_custom_fields(
    envelope_id: str, fields: Iterable[CustomField], *, lock: EnvelopeLock | None = None
) -> Call[CustomFields]:
    """Change custom fields, which must have been read: each needs its id.

    Raises:
        ConfigError: as `create_custom_fields`, or one without an id.
    """
    return _fields("update", "PUT", envelope_id, _with_ids(fields), lock, WriteClass.IDEMPOTENT)


def delete_custom_fields(
    envelope_id: str, fields: Iterable[CustomField], *, lock: EnvelopeLock | None = None
) -> Call[CustomFields]:
    """Delete custom fields, which must have been read: each needs its id.

    Raises:
        ConfigError: as `create_custom_fields`, or one without an id.
    """
    return _fields("delete", "DELETE", envelope_id, _with_ids(fields), lock, WriteClass.IDEMPOTENT)


def _with_ids(fields: Iterable[CustomField]) -> list[CustomField]:
    found = list(fields)
    for each in found:
        named("the field_id of a custom field", each.field_id or "")
    return found


def _fields(
    what: str,
    method: str,
    envelope_id: str,
    fields: list[CustomField],
    lock: EnvelopeLock | None,
    write_class: WriteClass,
) -> Call[CustomFields]:
    if not fields:
        raise ConfigError("no custom fields were given")
    return call(
        f"envelopes.{what}_custom_fields",
        method,
        path("envelopes", envelope_id, "custom_fields"),
        lambda r: _custom_fields.one(r.body),
        body=custom_fields_body(fields),
        headers=edit_headers(lock),
        write_class=write_class,
    )


# --- reminders and expiry --------------------------------------------------------------------


def get_notification(envelope_id: str) -> Call[Notification]:
    """Reminders and expiry of one envelope."""
    where = path("envelopes", envelope_id, "notification")
    return call("envelopes.notification", "GET", where, lambda r: _notification.one(r.body))


def update_notification(
    envelope_id: str, notification: Notification, *, lock: EnvelopeLock | None = None
) -> Call[Notification]:
    """Set reminders and expiry of one envelope.

    Raises:
        ConfigError: nothing to set, or days below none.
    """
    return call(
        "envelopes.update_notification",
        "PUT",
        path("envelopes", envelope_id, "notification"),
        lambda r: _notification.one(r.body),
        body=notification_body(notification),
        headers=edit_headers(lock),
    )


# --- the lock --------------------------------------------------------------------------------


def lock_envelope(
    envelope_id: str, *, seconds: int = 300, app: str = "connectors", scratch_pad: bool = False
) -> Call[EnvelopeLock]:
    """Be the only one who edits an envelope, for some seconds.

    Args:
        app: who holds it, as others see it.
        scratch_pad: whether changes are kept apart until the lock ends.

    Raises:
        ConfigError: no second.
    """
    body = {
        "lockDurationInSeconds": _seconds(seconds),
        "lockedByApp": named("app", app),
        "lockType": "edit",
        "useScratchPad": "true" if scratch_pad else None,
    }
    return _locking("lock", "POST", envelope_id, body, None, WriteClass.UNSAFE)


def get_lock(envelope_id: str) -> Call[EnvelopeLock]:
    """Who holds the lock; for the holder with its token."""
    where = path("envelopes", envelope_id, "lock")
    return call("envelopes.get_lock", "GET", where, _read_lock)


def extend_lock(envelope_id: str, lock: EnvelopeLock, *, seconds: int = 300) -> Call[EnvelopeLock]:
    """Hold a lock for some seconds from now on.

    Raises:
        ConfigError: no second, or a lock without a token.
    """
    body = {"lockDurationInSeconds": _seconds(seconds), "lockType": "edit"}
    return _locking("extend_lock", "PUT", envelope_id, body, lock, WriteClass.IDEMPOTENT)


def unlock_envelope(envelope_id: str, lock: EnvelopeLock) -> Call[None]:
    """Give a lock back; recipients who saw a change of it are told then."""
    return call(
        "envelopes.unlock",
        "DELETE",
        path("envelopes", envelope_id, "lock"),
        nothing,
        headers=edit_headers(lock),
    )


def _locking(
    what: str,
    method: str,
    envelope_id: str,
    body: Mapping[str, str | None],
    lock: EnvelopeLock | None,
    write_class: WriteClass,
) -> Call[EnvelopeLock]:
    return call(
        f"envelopes.{what}",
        method,
        path("envelopes", envelope_id, "lock"),
        _read_lock,
        body=filled(body),
        headers=edit_headers(lock),
        write_class=write_class,
    )


def _read_lock(response: Response) -> EnvelopeLock:
    found = _lock.one(response.body)
    raise_for([("lock", found.error)])
    return found


def _seconds(seconds: int) -> str:
    if seconds < 1:
        raise ConfigError(f"a lock holds for 1 second or more, got {seconds}")
    return str(seconds)
