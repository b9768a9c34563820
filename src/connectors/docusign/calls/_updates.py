"""What changes of an envelope have in common."""

from __future__ import annotations

from ...core.call import Headers, Response
from ...core.given import named
from ...core.wire import dumps
from ..models.envelopes import EnvelopeLock
from ..models.recipients import RecipientUpdate
from ..models.results import CustomFieldUpdate, EnvelopeUpdate
from ..reading import DocuSignReader
from ._parts import filled

_ERROR = {"error": "errorDetails"}

_update = DocuSignReader.of(
    EnvelopeUpdate,
    {
        EnvelopeUpdate: {
            "recipients": "recipientUpdateResults",
            "text_custom_fields": "textCustomFieldUpdateResults",
            "list_custom_fields": "listCustomFieldUpdateResults",
            "tabs": "tabUpdateResults",
            "lock": "lockInformation",
            **_ERROR,
        },
        RecipientUpdate: _ERROR,
        CustomFieldUpdate: _ERROR,
    },
)


def read_update(response: Response) -> EnvelopeUpdate:
    """What came of changing one envelope.

    Raises:
        ItemRefused: it, or something in it, was refused.
    """
    found = _update.one(response.body)
    found.raise_for_errors()
    return found


def edit_headers(lock: EnvelopeLock | None) -> Headers:
    """The header by which whoever holds the lock of an envelope changes it."""
    if lock is None:
        return ()
    shown = filled(
        {
            "LockToken": named("the lock_token of a lock", lock.lock_token or ""),
            "LockDurationInSeconds": lock.lock_duration_in_seconds,
        }
    )
    return (("X-DocuSign-Edit", dumps(shown).decode()),)
