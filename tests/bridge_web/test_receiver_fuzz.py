"""Whatever is sent ends in a named outcome, and nothing that was not verified is ever stored."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from connectors import Receipt, Received
from tests.bridge_web.endpoint import URL, Desk
from tests.docusign.test_webhooks_fuzz import mutated, swapped

CANARY = b"c4n4ry"
STATUS = {
    Received.ACCEPTED: 200,
    Received.DUPLICATE: 200,
    Received.OTHER_ACCOUNT: 200,
    Received.NO_ENVELOPE: 200,
    Received.UNSIGNED: 401,
    Received.FORGED: 401,
    Received.TOO_LARGE: 413,
    Received.TOO_OLD: 400,
    Received.MALFORMED: 400,
}


class Office(Desk):
    """A desk with messages in both forms, a canary in the names that stand there."""

    def __init__(self) -> None:
        super().__init__(max_body=2 * 2**20)
        sign = self.box.docusign
        legacy: dict[str, Any] = {
            "deliveryMode": "Aggregate",
            "events": None,
            "eventData": None,
            "envelopeEvents": ["Sent", "Completed"],
            "includeTimeZoneInformation": "true",
            "includeSenderAccountasCustomField": "true",
        }
        sign.add_configuration(f"{URL}/xml", **legacy)
        self.envelope_id = sign.send(
            "c4n4ry", [{"name": "c4n4ry", "email": "c4n4ry@example.com", "role": "c4n4ry"}]
        )
        pending = [each for each in sign.pending if each.envelope == self.envelope_id]
        self.json = [each.body for each in pending if each.url == URL]
        self.xml = [each.body for each in pending if each.url != URL]

    def receive(self, body: bytes, headers: dict[str, str]) -> Receipt:
        """What becomes of a message; anything but a receipt fails the test."""
        receipt = self.bridge.events.receive(body, headers)
        assert receipt.status == STATUS[receipt.outcome]
        assert receipt.kept is (receipt.outcome is Received.ACCEPTED)
        assert "c4n4ry@" not in repr(receipt)
        return receipt


def test_both_forms_of_a_message_are_taken() -> None:
    office = Office()

    for body in (*office.json, *office.xml):
        assert CANARY in body
        assert office.receive(body, office.signed(body)).kept
    assert office.json
    assert office.xml
    # The canary can be seen where it was stored.
    assert CANARY in office.everything()


def test_what_was_changed_after_it_was_signed_is_never_stored() -> None:
    office = Office()
    rng = random.Random(11)
    valid = [*office.json, *office.xml]
    outcomes: Counter[Received] = Counter()

    for _ in range(2_000):
        body = rng.choice(valid)
        headers = office.signed(body)
        changed = mutated(body, rng)
        if changed == body:
            continue
        if rng.random() < 0.2:
            headers = {
                name: mutated(text.encode(), rng).decode("latin-1")
                for name, text in headers.items()
            }
        outcomes[office.receive(changed, headers).outcome] += 1

    assert set(outcomes) <= {Received.FORGED, Received.UNSIGNED}
    assert outcomes.total() > 1_900
    assert office.waiting() == 0
    assert CANARY not in office.everything()
    counts = office.bridge.events.counts()
    assert sum(counts.values()) == outcomes.total()
    assert set(counts) <= {"refused: forged or altered", "refused: unsigned"}


def test_what_was_changed_before_it_was_signed_has_a_named_outcome_and_is_worked_off() -> None:
    office = Office()
    rng = random.Random(12)
    outcomes: Counter[Received] = Counter()

    for number in range(2_000):
        # About other envelopes: else nearly all would be duplicates.
        body = rng.choice(office.json if number % 2 else office.xml)
        body = body.replace(office.envelope_id[:8].encode(), b"%08x" % (number // 20))
        if number % 2 and rng.random() < 0.4:
            body = swapped(json.loads(body), rng)
        else:
            body = mutated(body, rng)
        outcomes[office.receive(body, office.signed(body)).outcome] += 1

    assert outcomes[Received.ACCEPTED] > 100
    assert outcomes[Received.MALFORMED] > 500
    assert not outcomes[Received.FORGED]
    assert office.waiting() == outcomes[Received.ACCEPTED]
    report = office.bridge.events.run()
    # What waits has lost its data, and its envelope cannot be read; nothing stopped the run.
    assert report.pending < outcomes[Received.ACCEPTED] / 2
    assert report.done["create contact"] >= 1


def test_25_megabytes_are_refused_before_anything_looks_at_them() -> None:
    office = Office()
    body = office.json[0].ljust(25 * 2**20)

    assert office.receive(body, office.signed(body)).outcome is Received.TOO_LARGE
    assert CANARY not in office.everything()


def test_a_host_may_take_more_than_messages_usually_have() -> None:
    desk = Desk(max_body=34 * 2**20)
    body = desk.delivery.body.ljust(33 * 2**20)

    assert desk.bridge.events.receive(body, desk.signed(body)).kept


BILLION = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "c4n4ry">%s]>
<DocuSignEnvelopeInformation><EnvelopeStatus><EnvelopeID>&i;</EnvelopeID></EnvelopeStatus>
</DocuSignEnvelopeInformation>""" % b"".join(
    b'<!ENTITY %c "%s">' % (name, b"&%c;" % (name - 1) * 10) for name in range(ord("b"), ord("j"))
)
QUADRATIC = (
    b'<!DOCTYPE a [<!ENTITY a "' + b"c4n4ry" * 20_000 + b'">]><a>' + b"&a;" * 20_000 + b"</a>"
)
OUTSIDE = b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><a>c4n4ry &a;</a>'
OTHER_DTD = b'<!DOCTYPE a SYSTEM "https://example.com/c4n4ry.dtd"><a/>'
DEEP = 100_000


@pytest.mark.parametrize(
    "body",
    [
        BILLION,
        QUADRATIC,
        OUTSIDE,
        OTHER_DTD,
        b"<a>" * DEEP + b"c4n4ry" + b"</a>" * DEEP,
        b"<DocuSignEnvelopeInformation>" + b"<EnvelopeStatus>" * DEEP,
        b"[" * DEEP + b"]" * DEEP,
        b'{"c4n4ry":' * DEEP + b"1" + b"}" * DEEP,
        b'{"envelopeId":"c4n4ry","data":' + b"[" * DEEP,
        b'{"event":' + b"9" * 1_000_000 + b"}",
        b"9" * 1_000_000,
        b"\x00" * 1_000_000,
        b"\xff\xfe" + b'{"event":"envelope-sent"}',
        '{"event":"c4n4ry"}'.encode("utf-16"),
        b"",
        b" ",
        b"null",
        b"[]",
        b'"c4n4ry"',
    ],
    ids=lambda body: f"{body[:24]!r} {len(body)}",
)
def test_a_signed_bomb_is_refused_and_not_stored(body: bytes) -> None:
    office = Office()

    assert office.receive(body, office.signed(body)).outcome is Received.MALFORMED
    assert CANARY not in office.everything()


WRONG: list[Any] = [
    None,
    True,
    0,
    -1,
    2**70,
    10**400,
    1e308,
    "",
    " ",
    "\ud800",
    "\x00",
    [],
    {},
    [[]],
]
WRONG += ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9" * 5000, "é" * 3000]


def set_at(path: str) -> Callable[[dict[str, Any], Any], None]:
    *outer, last = path.split(".")

    def put(content: dict[str, Any], value: Any) -> None:
        inner: Any = content
        for name in outer:
            inner = inner[int(name)] if isinstance(inner, list) else inner[name]
        inner[last] = value

    return put


SUMMARY = "data.envelopeSummary"
SIGNER = f"{SUMMARY}.recipients.signers.0"


@pytest.mark.parametrize(
    "path",
    [
        "event",
        "uri",
        "retryCount",
        "configurationId",
        "generatedDateTime",
        "data",
        "data.accountId",
        "data.envelopeId",
        "data.recipientId",
        SUMMARY,
        f"{SUMMARY}.status",
        f"{SUMMARY}.emailSubject",
        f"{SUMMARY}.sentDateTime",
        f"{SUMMARY}.initialSentDateTime",
        f"{SUMMARY}.sender",
        f"{SUMMARY}.sender.userName",
        f"{SUMMARY}.customFields",
        f"{SUMMARY}.recipients",
        f"{SUMMARY}.recipients.signers",
        f"{SIGNER}.recipientId",
        f"{SIGNER}.recipientIdGuid",
        f"{SIGNER}.email",
        f"{SIGNER}.name",
        f"{SIGNER}.status",
        f"{SIGNER}.roleName",
        f"{SIGNER}.routingOrder",
        f"{SIGNER}.sentDateTime",
        f"{SIGNER}.tabs",
    ],
)
def test_a_signed_value_of_any_type_has_a_named_outcome(path: str) -> None:
    office = Office()
    content = json.loads(office.json[0])

    for number, value in enumerate(WRONG):
        changed = json.loads(json.dumps(content))
        changed["data"]["userId"] = f"user {number}"
        set_at(path)(changed, value)
        body = json.dumps(changed).encode()
        office.receive(body, office.signed(body))
    office.bridge.events.run()
    assert office.bridge.events.run().calls == {}
