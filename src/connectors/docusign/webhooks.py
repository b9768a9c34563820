"""Reads what DocuSign Connect sends of its own accord, and tells whether DocuSign sent it.

Pure: nothing here listens on a port. Give both functions the body as it came, and answer 2xx as soon
as the event is kept: DocuSign waits 100 seconds, and work can be done later.

```python
import base64
import hashlib
import hmac

from connectors.docusign.webhooks import parse, verify

body = b'{"event": "envelope-sent", "data": {"accountId": "a", "envelopeId": "e"}}'
digest = hmac.new(b"kept apart", body, hashlib.sha256).digest()
headers = {"X-DocuSign-Signature-1": base64.b64encode(digest).decode()}

verify(body, headers, ["kept apart"])
event = parse(body, headers)
print(event.event, event.envelope_id, event.key)
```
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Protocol

import msgspec
from attrs import frozen

from ..core import wire
from ..core.signature import check_signature, exact
from ..errors import ConfigError, DecodeError, SignatureError
from . import xml
from .models.envelopes import Envelope, EnvelopeId
from .models.events import ConnectEvent, ConnectEventName, DeliveryKind, TimesIn
from .reading import NAMES, SHAPES, DocuSignReader

MAX_BYTES = 32 * 1024 * 1024
"""Bodies with documents in them reach 25 MB and more."""

MOST_PARTS = 1_000_000
"""Values in a JSON body: more than the largest envelope has, and each takes many times the memory of
its text."""

_SIGNATURE = "x-docusign-signature-"
_SHORTEST = len(_SIGNATURE)
_ACCOUNT = "x-docusign-accountid"
_URI = re.compile("/accounts/([^/?]+)(?:/(envelopes|templates)/([^/?]+))?")
_ZONES = (timedelta(hours=14), timedelta(hours=12))
"""How far zones are ahead of UTC and behind it."""

_HAPPENED = tuple(
    f"{what}_at"
    for what in (
        *("last_modified", "status_changed", "created", "initial_sent", "sent", "delivered"),
        *("signed", "completed", "declined", "voided", "deleted"),
    )
)
"""Times of what has happened, of envelopes and recipients."""


@frozen(kw_only=True, weakref_slot=False)
class _Data:
    account_id: str | None = None
    user_id: str | None = None
    envelope_id: str | None = None
    recipient_id: str | None = None
    reassigned_recipient_id: str | None = None
    template_id: str | None = None
    envelope_summary: Envelope | None = None


@frozen(kw_only=True, weakref_slot=False)
class _Message:
    event: str | None = None
    uri: str | None = None
    retry_count: int = 0
    configuration_id: int | str | None = None
    generated_date_time: datetime | None = None
    data: _Data | None = None
    envelope_id: str | None = None


# Events spell this one in another way than REST does.
_SPELT: wire.Names = {Envelope: {**NAMES[Envelope], "has_form_data_changed": "hasFormDataChanges"}}
_message = DocuSignReader.of(_Message, _SPELT)
_snapshot = DocuSignReader.of(Envelope, _SPELT)
_get = DocuSignReader.of(Envelope)
_legacy = wire.Reader(Envelope, NAMES, shapes=SHAPES)
"""For XML, where a time without a zone is not in UTC."""
_event = wire.by_position(ConnectEvent)
_names: dict[str, ConnectEventName] = {name.value: name for name in ConnectEventName}


def verify(body: bytes, headers: Mapping[str, str], keys: str | Sequence[str]) -> None:
    """Whether DocuSign signed this body with one of the account's keys.

    How long it takes tells nothing of the keys. Signatures carry no time: to refuse what is sent
    again later, keep `event.key`, and see `check_age`.

    Args:
        body: exactly as it came: not decoded, not trimmed, not written anew.
        headers: of the request; the case of their names does not matter, nor which number a
            signature has.
        keys: the HMAC keys of the account as DocuSign showed them: two while one replaces the other.

    Raises:
        SignatureError: unsigned, garbled, or signed with no key of these. Answer 401.
        ConfigError: no key, an empty one, or a body that is not bytes.
    """
    signatures = [
        value
        for name, value in headers.items()
        if len(name) > _SHORTEST and name.lower().startswith(_SIGNATURE)
    ]
    check_signature(body, signatures, keys)


def parse(
    body: bytes,
    headers: Mapping[str, str] | None = None,
    *,
    max_bytes: int = MAX_BYTES,
    zone: tzinfo | None = None,
) -> ConnectEvent:
    """The event of one delivery: JSON SIM, JSON aggregate or the legacy XML.

    A part that is not as documented loses only itself: `event.flaws` names it.

    Args:
        body: as it came.
        headers: of the request. Some deliveries tell the account only there, where nothing is
            signed: an endpoint for several accounts is safe with keys of their own for each.
        max_bytes: a longer body is not read.
        zone: of the account; for legacy XML that does not name it.

    Raises:
        DecodeError: not an event. Whatever is sent again will be none either.
        ConfigError: the body is not bytes.
    """
    if body.__class__ is not bytes:
        body = exact(body)
    if len(body) > max_bytes:
        raise DecodeError(
            f"the body has {len(body)} bytes, and at most {max_bytes} are read",
            service="docusign",
            hint="leave documents out of the Connect configuration, or raise max_bytes",
        )
    text, start = body, body[:1]
    if start != b"{":
        text = body.removeprefix(BOM_UTF8)
        start = text.lstrip()[:1]
    if start == b"<":
        return _xml(body, headers or {}, zone)
    if start != b"{":
        raise DecodeError(
            "the body is neither a JSON object nor XML", service="docusign", garbled=True
        )
    if len(text) > MOST_PARTS and sum(map(text.count, (b",", b"[", b"{"))) > MOST_PARTS:
        raise _no_event("$", "more parts than any envelope has")
    flaws: list[str] = []
    try:
        message = _message.one(text)
    except DecodeError:
        message = _by_part(text, flaws)
    if message.event:
        return _sim(body, message, message.event, headers or {}, flaws)
    if message.envelope_id:
        return _aggregate(body, DeliveryKind.AGGREGATE, text, message.envelope_id, headers or {})
    raise _no_event("$", "neither an event nor an envelope")


def check_age(
    event: ConnectEvent,
    now: datetime,
    max_age: timedelta,
    leeway: timedelta = timedelta(minutes=5),
) -> None:
    """Refuse an event that is too old, or from the future: a captured delivery sent again.

    DocuSign itself sends late: hours when an endpoint was down, up to 15 days by the sources that
    promise most. Times in an unknown zone are given the benefit of the doubt.

    A JSON aggregate has no time of its own. It is as old as the newest time that its envelope tells,
    and so an envelope of old that somebody publishes again is refused.

    Args:
        max_age: how long ago an event may have been generated.
        leeway: how far the clocks may be apart.

    Raises:
        SignatureError: too old, from the future, or without any time.
        ConfigError: `now` has no time zone.
    """
    if now.tzinfo is None:
        raise ConfigError("`now` needs a time zone, such as datetime.now(UTC)")
    at = event.generated_at or _newest(event.envelope)
    if at is None:
        raise SignatureError("the delivery does not tell when it was generated, so not its age")
    ahead, behind = _ZONES if at.tzinfo is None else (timedelta(), timedelta())
    age = now - _as_utc(at)
    if age - behind > max_age + leeway:
        raise SignatureError(f"the delivery is {age} old, and at most {max_age} are accepted")
    if age + ahead < -leeway:
        raise SignatureError(f"the delivery is {-age} from the future")


def _newest(envelope: Envelope | None) -> datetime | None:
    """When something last happened to an envelope or its recipients, as it tells itself."""
    rows = [] if envelope is None else [envelope, *(envelope.recipients or ())]
    times = [at for row in rows for name in _HAPPENED if (at := getattr(row, name, None))]
    return max(times, key=_as_utc, default=None)


def _as_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# --- JSON ------------------------------------------------------------------------------------


def _sim(
    body: bytes, message: _Message, event: str, headers: Mapping[str, str], flaws: list[str]
) -> ConnectEvent:
    data = message.data or _Data()
    account, template, envelope_id = data.account_id, data.template_id, data.envelope_id
    if message.uri and not (account and (envelope_id or template)):
        found = _URI.search(message.uri)
        if found:
            account = account or found[1]
            envelope_id = envelope_id or (found[3] if found[2] == "envelopes" else None)
            template = template or (found[3] if found[2] == "templates" else None)
    envelope, at = data.envelope_summary, message.generated_date_time
    if envelope is not None:
        envelope_id = envelope_id or envelope.envelope_id
    return _event(
        DeliveryKind.SIM,
        _names.get(event, event),
        account or _header(headers, _ACCOUNT),
        envelope_id or None,
        data.recipient_id,
        data.reassigned_recipient_id,
        template,
        data.user_id,
        str(message.configuration_id or "") or None,
        message.retry_count,
        at if at is None or at.tzinfo is UTC else _aware(at, TimesIn.UTC),
        message.uri,
        envelope,
        TimesIn.UTC,
        tuple(flaws),
        body,
    )


def _by_part(text: bytes, flaws: list[str]) -> _Message:
    """A message in which something is not of the documented type: all else is kept."""
    try:
        found = wire.parse(text)
    except DecodeError:
        raise DecodeError("the body is not JSON", service="docusign", garbled=True) from None
    data = found.get("data")
    if not isinstance(data, dict | None):
        raise _no_event("$.data", f"expected an object, got {_shown(data)}")
    data = data or {}

    def text_of(source: Mapping[str, Any], name: str, path: str) -> str | None:
        value = source.get(name)
        if isinstance(value, str):
            return _clean(value) or None
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if value is not None:
            flaws.append(f"{path}.{name}: expected text, got {_shown(value)}")
        return None

    def recipient_id(source: Mapping[str, Any], name: str) -> str | None:
        text = text_of(source, name, "$.data")
        return text or None

    return _Message(
        event=text_of(found, "event", "$"),
        uri=text_of(found, "uri", "$"),
        retry_count=_count(text_of(found, "retryCount", "$"), flaws),
        configuration_id=text_of(found, "configurationId", "$"),
        generated_date_time=_moment(text_of(found, "generatedDateTime", "$"), flaws),
        envelope_id=text_of(found, "envelopeId", "$"),
        data=_Data(
            account_id=text_of(data, "accountId", "$.data"),
            user_id=text_of(data, "userId", "$.data"),
            envelope_id=text_of(data, "envelopeId", "$.data"),
            recipient_id=recipient_id(data, "recipientId"),
            reassigned_recipient_id=recipient_id(data, "reassignedRecipientId"),
            template_id=text_of(data, "templateId", "$.data"),
            envelope_summary=_summary(data.get("envelopeSummary"), flaws),
        ),
    )


def _summary(value: object, flaws: list[str]) -> Envelope | None:
    path = "$.data.envelopeSummary"
    if value is None:
        return None
    try:
        return _read(_snapshot, json.dumps(value).encode(), path, flaws)
    except RecursionError:
        flaws.append(f"{path}: nested too deeply")
        return None


# --- aggregates ------------------------------------------------------------------------------


def _xml(body: bytes, headers: Mapping[str, str], zone: tzinfo | None) -> ConnectEvent:
    found = xml.read(body, zone)
    envelope_id = found.summary.get("envelopeId")
    if not envelope_id:
        raise _no_event("$.DocuSignEnvelopeInformation.EnvelopeStatus.EnvelopeID", "missing")
    if found.zone is None:
        times = TimesIn.UNKNOWN
    else:
        times = TimesIn.ACCOUNT_OFFSET if found.told else TimesIn.GIVEN
    return _aggregate(
        body,
        DeliveryKind.XML,
        wire.dumps(found.summary),
        envelope_id,
        headers,
        generated=found.generated,
        times=times,
    )


def _aggregate(
    body: bytes,
    kind: DeliveryKind,
    text: bytes,
    envelope_id: str,
    headers: Mapping[str, str],
    *,
    generated: str | None = None,
    times: TimesIn = TimesIn.UTC,
) -> ConnectEvent:
    flaws: list[str] = []
    # DocuSign does not say in which of its two spellings these are.
    spelt = _snapshot if b'"hasFormDataChanges"' in text else _get
    reader = _legacy if kind is DeliveryKind.XML else spelt
    envelope = _read(reader, text, "$", flaws)
    return _event(
        kind=kind,
        account_id=_account(envelope) or _header(headers, _ACCOUNT),
        envelope_id=EnvelopeId(envelope_id),
        user_id=envelope.sender.user_id if envelope and envelope.sender else None,
        generated_at=_aware(_moment(generated, flaws), times),
        envelope=envelope,
        times_in=times,
        flaws=tuple(flaws),
        body=body,
    )


def _account(envelope: Envelope | None) -> str | None:
    """The account of the sender. Of the custom fields, `AccountId` is DocuSign's only beside
    `AccountName`: a user may have made one of that name."""
    if envelope is None:
        return None
    if envelope.sender and envelope.sender.account_id:
        return envelope.sender.account_id
    if any(each.name == "AccountName" for each in envelope.custom_fields):
        return envelope.custom_field("AccountId")
    return None


# --- parts -----------------------------------------------------------------------------------


class _Reads(Protocol):
    def one(self, body: bytes) -> Envelope: ...


def _read(reader: _Reads, text: bytes, path: str, flaws: list[str]) -> Envelope | None:
    """The envelope; None where it cannot be read. Half an event is better than none: whoever needs
    the rest can ask DocuSign for it."""
    try:
        return reader.one(text)
    except DecodeError as error:
        flaws += [path + why.removeprefix("$") for why in error.paths or (f"$: {error.message}",)]
        return None


def _moment(text: str | None, flaws: list[str]) -> datetime | None:
    if not text:
        return None
    try:
        return msgspec.convert(xml.cut(text), datetime)
    except msgspec.ValidationError:
        flaws.append("$.generatedDateTime: expected a date-time")
        return None


def _aware(moment: datetime | None, times: TimesIn) -> datetime | None:
    if moment is None or moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        return moment if times is TimesIn.UNKNOWN else moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the first or the last day there is
        return moment.replace(tzinfo=UTC)


def _count(text: str | None, flaws: list[str]) -> int:
    if not text:
        return 0
    if text.isdecimal() and len(text) < 10:
        return int(text)
    flaws.append("$.retryCount: expected a whole number")
    return 0


def _header(headers: Mapping[str, str], name: str) -> str | None:
    return next((_clean(v).strip() for n, v in headers.items() if n.lower() == name), "") or None


def _clean(text: str) -> str:
    """Half a surrogate pair is no text: no database would take it."""
    return text.encode("utf-8", "replace").decode()


def _shown(value: object) -> str:
    """The kind of a value, never the value: it may be somebody's address."""
    return "null" if value is None else type(value).__name__


def _no_event(path: str, why: str) -> DecodeError:
    return DecodeError(f"{path}: {why}", service="docusign", paths=[f"{path}: {why}"])
