"""What a webhook request goes through: verify, keep, answer. Nothing else happens in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from functools import partial

from attrs import frozen
from sqlalchemy import Connection

from ...docusign.models import ConnectEvent
from ...docusign.webhooks import parse, verify
from ...domain.contacts import mask
from ...engine import inbox
from ...engine.job import Job, transact
from ...errors import ConfigError, DecodeError, SignatureError
from . import context, snapshots
from .context import Context

SigningKeys = str | Sequence[str] | Mapping[str, str | Sequence[str]]
"""HMAC keys: one, several while they are exchanged, or those of each account by its id."""


def checked_keys(keys: object) -> SigningKeys:
    """Signing keys that can be some.

    Raises:
        ConfigError: neither texts nor texts by account; an account without a key, or twice.
    """
    if isinstance(keys, Mapping):
        seen = set()
        for account, own in keys.items():
            if not isinstance(account, str) or not account.strip():
                raise _refused(f"an account id is text, got {type(account).__name__}")
            # The id is not shown: somebody may have written key and account the wrong way round.
            if _id(account) in seen:
                raise _refused("an account stands there twice")
            seen.add(_id(account))
            if not _texts(own):
                raise _refused("an account has no key")
    else:
        _texts(keys)
    return keys  # type: ignore[return-value]


def _texts(keys: object) -> Sequence[str]:
    """Keys, one or several."""
    several = [keys] if isinstance(keys, str) else keys
    if not isinstance(several, Sequence) or isinstance(several, bytes):
        raise _refused(f"got {type(keys).__name__}")
    for key in several:
        if not isinstance(key, str):
            raise _refused(f"a key is text, got {type(key).__name__}")
        if not key.strip():
            raise _refused("a key is empty")
    return several


def _refused(problem: str) -> ConfigError:
    return ConfigError(
        f"`signing_keys`: {problem}; give an HMAC key of DocuSign Connect as text, several of them, "
        "or those of each account by its id"
    )


def keyed_accounts(keys: SigningKeys) -> frozenset[str] | None:
    """The accounts that have keys of their own, by id in lower case; None where all share them."""
    if not keys or not isinstance(keys, Mapping):
        return None
    return frozenset(map(_id, keys))


def _id(account: str) -> str:
    """An account id as it is compared."""
    return account.strip().lower()


FUTURE = 600.0
"""Seconds by which DocuSign's clock may be ahead."""


class Received(Enum):
    """What became of a webhook request."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    OTHER_ACCOUNT = "account that is not connected"
    NOT_SET_UP = "not set up"
    """Nothing was set up in this store yet: DocuSign is to send it again."""
    NO_ENVELOPE = "no envelope"
    """An event about something else: a template, a text message."""
    UNSIGNED = "unsigned"
    FORGED = "forged or altered"
    TOO_LARGE = "too large"
    TOO_OLD = "too old"
    MALFORMED = "malformed"


_STATUS = {
    Received.NOT_SET_UP: 503,
    Received.UNSIGNED: 401,
    Received.FORGED: 401,
    Received.TOO_LARGE: 413,
    Received.TOO_OLD: 400,
    Received.MALFORMED: 400,
}


@frozen(kw_only=True)
class Receipt:
    """What to answer, and why.

    Attributes:
        status: the HTTP status. 200 also for what is ignored, since DocuSign repeats all else.
        reason: for the host's log; holds nothing of the message.
    """

    outcome: Received
    status: int
    reason: str

    @property
    def kept(self) -> bool:
        """Whether the message will be worked off."""
        return self.outcome is Received.ACCEPTED


def receive(
    ctx: Context, keys: SigningKeys, body: bytes, headers: Mapping[str, str]
) -> Job[Receipt]:
    """Verify a message and keep it.

    Raises:
        ConfigError: no key was given.
        StoreError: the message could not be kept: answer with 500, and DocuSign repeats it.
    """
    if not isinstance(body, bytes) or not hasattr(headers, "items"):
        raise ConfigError("receive takes the body as bytes, then the headers by name")
    if len(body) > ctx.settings.max_body:
        return (yield from too_large(ctx))
    outcome, reason, event = _read(ctx, keys, body, headers)
    if event is None:
        yield from transact(partial(_counted, ctx=ctx, outcome=outcome))
        return Receipt(outcome=outcome, status=_STATUS[outcome], reason=reason)
    outcome = yield from transact(partial(_keep, ctx=ctx, event=event))
    return Receipt(outcome=outcome, status=_STATUS.get(outcome, 200), reason=outcome.value)


def too_large(ctx: Context) -> Job[Receipt]:
    """Refuse a message that need not even be read."""
    outcome = Received.TOO_LARGE
    yield from transact(partial(_counted, ctx=ctx, outcome=outcome))
    reason = f"over {ctx.settings.max_body} bytes"
    return Receipt(outcome=outcome, status=_STATUS[outcome], reason=reason)


def _read(
    ctx: Context, keys: SigningKeys, body: bytes, headers: Mapping[str, str]
) -> tuple[Received, str, ConnectEvent | None]:
    """The message, if it is to be trusted; else why not."""
    if not _all(keys):
        raise ConfigError(
            "no message can be trusted without a key: give the bridge `signing_keys`, the HMAC keys of "
            "your DocuSign account (`client.connect_secrets.create()` makes one)"
        )
    by_account = keys if isinstance(keys, Mapping) else None
    try:
        verify(body, headers, _all(keys))
    except SignatureError as error:
        signed = any(
            name.lower().startswith("x-docusign-signature-") for name, _ in headers.items()
        )
        return (Received.FORGED if signed else Received.UNSIGNED), str(error), None
    try:
        event = parse(body, headers, max_bytes=ctx.settings.max_body)
    except DecodeError as error:
        return Received.MALFORMED, mask_all(error.message), None
    if by_account is not None:
        # A key proves messages of its own account alone.
        by_id = {_id(account): own for account, own in by_account.items()}
        try:
            verify(body, headers, by_id.get(_id(event.account_id or "")) or ("",))
        except (SignatureError, ConfigError):
            return Received.FORGED, "signed with the key of another account", None
    made = event.generated_at
    if made is not None and made.tzinfo is not None:
        age = (ctx.now() - made).total_seconds()
        if age > ctx.settings.max_age.total_seconds():
            return Received.TOO_OLD, f"made {age / 86400:.0f} days ago", None
        if age < -FUTURE:
            return Received.TOO_OLD, "made in the future", None
    return Received.ACCEPTED, "", event


def mask_all(text: str) -> str:
    """A text without what may be an address."""
    return " ".join(mask(word) if "@" in word else word for word in text.split())


def _all(keys: SigningKeys) -> Sequence[str]:
    if isinstance(keys, Mapping):
        return tuple(key for own in keys.values() for key in _all(own))
    return (keys,) if isinstance(keys, str) else keys


def _counted(db: Connection, *, ctx: Context, outcome: Received) -> None:
    inbox.count(db, ctx.connection, f"refused: {outcome.value}")


def _keep(db: Connection, *, ctx: Context, event: ConnectEvent) -> Received:
    saved = context.read(db, ctx.connection)
    if saved is None:
        inbox.count(db, ctx.connection, f"refused: {Received.NOT_SET_UP.value}")
        return Received.NOT_SET_UP
    if saved.account(event.account_id or "") is None:
        inbox.count(db, ctx.connection, f"ignored: {Received.OTHER_ACCOUNT.value}")
        return Received.OTHER_ACCOUNT
    if not event.envelope_id:
        inbox.count(db, ctx.connection, f"ignored: {Received.NO_ENVELOPE.value}")
        return Received.NO_ENVELOPE
    snapshot = snapshots.of_event(event, ctx.now())
    if inbox.put(db, ctx.connection, snapshots.message(snapshot, event.key), ctx.now()):
        return Received.ACCEPTED
    inbox.count(db, ctx.connection, "ignored: duplicate")
    return Received.DUPLICATE
