"""Random lives of an envelope: the messages that DocuSign would send about it, in their order."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from attrs import evolve

from connectors.domain.envelopes import Recipient, Snapshot

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class Life:
    """Plays an envelope's life, noting a message for each thing that happens."""

    def __init__(self, seed: int, signers: int | None = None) -> None:
        self._chance = random.Random(seed)
        self.now = START
        count = signers or self._chance.randint(1, 3)
        self.people = [
            Recipient(
                id=str(number),
                guid=f"00000000-0000-0000-0000-{seed:06d}{number:06d}",
                email=f"signer{number}@example.org",
                name=f"Signer {number}",
                status="created",
            )
            for number in range(1, count + 1)
        ]
        self.envelope = Snapshot(
            account_id="a-1",
            envelope_id=f"e-{seed}",
            at=START,
            status="created",
            subject="Agreement",
            sender_name="Sam Sender",
        )
        self.messages: list[Snapshot] = []

    def play(self) -> list[Snapshot]:
        """The whole life."""
        self._send()
        for _ in range(self._chance.randint(0, 12)):
            if self.envelope.status in ("completed", "declined", "voided"):
                break
            self._something()
        return self.messages

    def _something(self) -> None:
        open_ones = [n for n, p in enumerate(self.people) if p.status in ("sent", "delivered")]
        what = self._chance.choices(
            ["view", "sign", "decline", "void", "resend", "correct", "bounce"],
            [5, 5, 1, 0.5, 1, 1, 0.5],
        )[0]
        if what == "void":
            self._envelope("voided", voided_reason="No longer needed.")
        elif what in ("resend", "correct"):
            self._anew("envelope-resent" if what == "resend" else "envelope-corrected")
        elif open_ones:
            getattr(self, f"_{what}")(self._chance.choice(open_ones))

    def _send(self) -> None:
        self._pass()
        self.envelope = evolve(self.envelope, status="sent", sent_at=self.now)
        for number in range(len(self.people)):
            self._set(number, status="sent", sent_at=self.now)
        self._say("envelope-sent")
        for person in self.people:
            self._say("recipient-sent", person)

    def _view(self, number: int) -> None:
        if self.people[number].status == "sent":
            self._pass()
            self._set(number, status="delivered", delivered_at=self.now)
            self._say("recipient-delivered", self.people[number])
            if all(p.delivered_at for p in self.people) and self.envelope.status == "sent":
                self._envelope("delivered")

    def _sign(self, number: int) -> None:
        if self.people[number].status == "delivered":
            self._pass()
            self._set(number, status="completed", signed_at=self.now)
            self._say("recipient-completed", self.people[number])
            if all(p.status == "completed" for p in self.people):
                self._envelope("completed")

    def _decline(self, number: int) -> None:
        self._pass()
        self._set(number, status="declined", declined_at=self.now, declined_reason="No.")
        self._say("recipient-declined", self.people[number])
        self._envelope("declined")

    def _bounce(self, number: int) -> None:
        if self.people[number].status == "sent":
            self._pass()
            self._set(number, status="autoresponded")
            self._say("recipient-autoresponded", self.people[number])

    def _anew(self, event: str) -> None:
        self._pass()
        self.envelope = evolve(self.envelope, status="sent", resent_at=self.now)
        for number, person in enumerate(self.people):
            if person.status in ("sent", "delivered", "autoresponded"):
                self._set(number, status="sent", sent_at=self.now)
        self._say(event)

    def _envelope(self, status: str, **more: str) -> None:
        self._pass()
        times = {f"{status}_at": self.now}
        self.envelope = evolve(self.envelope, status=status, **times, **more)  # type: ignore[arg-type]
        self._say(f"envelope-{status}")

    def _set(self, number: int, **values: object) -> None:
        self.people[number] = evolve(self.people[number], **values)  # type: ignore[arg-type]

    def _pass(self) -> None:
        self.now += timedelta(seconds=self._chance.randint(1, 90_000))

    def _say(self, event: str, about: Recipient | None = None) -> None:
        self.now += timedelta(milliseconds=7)
        self.messages.append(
            evolve(
                self.envelope,
                at=self.now,
                event=event,
                recipient_id=about.id if about else None,
                recipients=tuple(self.people),
            )
        )
