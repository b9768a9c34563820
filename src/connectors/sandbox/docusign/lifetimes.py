"""Random lives: what recipients and senders do when nobody writes the script."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TypeVar

from .doors import Doors
from .records import ENDED, SIGNING, Envelope, Recipient

Item = TypeVar("Item")
HOURS = timedelta(hours=6)
ADDRESSES = ("ash", "blair", "casey", "drew", "emery", "flynn", "gray", "harper", "indigo", "jules")
REASONS = (
    "The price is wrong.",
    "Please write to our legal department.",
    "Mein Name ist falsch geschrieben.",
    "Je ne suis plus concernée.",
)


class Lifetimes(Doors):
    """Walks envelopes through their states by chance; the clock goes on meanwhile."""

    def live(self, envelope_id: str, seed: int | random.Random = 0) -> list[str]:
        """Play an envelope's life to its end; a draft is sent first. Gives what was done."""
        chance = seed if isinstance(seed, random.Random) else random.Random(seed)
        out = []
        while self.envelope(envelope_id).status not in ENDED:
            out.append(self.step(envelope_id, chance))
        return out

    def live_all(self, envelope_ids: Iterable[str], seed: int | random.Random = 0) -> int:
        """Play the lives of several, one act of one of them at a time. Gives the number of acts."""
        chance = seed if isinstance(seed, random.Random) else random.Random(seed)
        living = [id for id in envelope_ids if self.envelope(id).status not in ENDED]
        acts = 0
        while living:
            place = int(chance.random() * len(living))
            # Each of them acts about as often as if it lived alone.
            self.step(living[place], chance, within=HOURS / len(living))
            acts += 1
            if self.envelope(living[place]).status in ENDED:
                living[place] = living[-1]
                living.pop()
        return acts

    def step(self, envelope_id: str, chance: random.Random, *, within: timedelta = HOURS) -> str:
        """One act of an envelope that is not over, some time `within` from now. Gives its name."""
        self.clock.advance(chance.random() * within)
        envelope = self.envelope(envelope_id)
        if envelope.status in ENDED:
            # It ran out while time passed.
            return "expire"
        if envelope.status == "created":
            self.go(envelope)
            return "send"
        if envelope.status == "correct":
            self.release(envelope)
            return "release"
        rare = chance.random()
        act = self._sender(envelope, chance, rare) if rare < 0.12 else ""
        return act or self._recipient(envelope, chance)

    def _sender(self, envelope: Envelope, chance: random.Random, rare: float) -> str:
        if rare < 0.02:
            self.cancel(envelope, "The contract was replaced by another.")
            return "void"
        if rare < 0.03:
            self.run_out(envelope)
            return "expire"
        if rare < 0.07:
            self.send_again(envelope)
            return "resend"
        waiting = [each for each in envelope.recipients if each.notified and not each.replaced]
        if not waiting:
            return ""
        who = _one(waiting, chance)
        if rare < 0.10:
            self.hold(envelope)
            self.change_address(envelope, who, "", _address(chance))
            self.release(envelope)
            return "correct"
        self.happen(envelope, "envelope-reminder-sent")
        return "remind"

    def _recipient(self, envelope: Envelope, chance: random.Random) -> str:
        who = _one([each for each in envelope.recipients if _turn(each)], chance)
        if who.kind == "certifiedDeliveries" or who.status != "delivered":
            return self._before_opening(envelope, who, chance.random(), chance)
        fate = chance.random()
        if fate < 0.08:
            self.refuse_by(envelope, who, _one(REASONS, chance))
            return "decline"
        if fate < 0.14:
            self._replace(envelope, who, chance)
            return "reassign"
        if fate < 0.20:
            self.put_off(envelope, who)
            return "finish later"
        self.finish_by(envelope, who, {})
        return "sign"

    def _before_opening(
        self, envelope: Envelope, who: Recipient, fate: float, chance: random.Random
    ) -> str:
        mailed = who.status == "sent" and not who.client_user_id
        if fate < 0.05 and mailed:
            self.bounce_mail(envelope, who, "550 5.1.1 No such user")
            return "bounce"
        if fate < 0.10 and who.notified:
            self.lock_out(envelope, who, "accessCodeResult")
            return "fail the authentication"
        if fate < 0.13 and who.notified and who.kind in SIGNING:
            self._replace(envelope, who, chance)
            return "reassign"
        self.open_by(envelope, who)
        return "view"

    def _replace(self, envelope: Envelope, who: Recipient, chance: random.Random) -> None:
        email = _address(chance)
        name = f"{email.partition('@')[0].title()} Deputy"
        self.hand_over(envelope, who, name, email, delegate=chance.random() < 0.3)


def _turn(who: Recipient) -> bool:
    """Whether it is up to them: notified, or embedded and let in without a mail."""
    waits = who.status == "created" and who.sent is not None
    return not who.done and (who.notified or waits)


def _address(chance: random.Random) -> str:
    return f"{_one(ADDRESSES, chance)}{int(chance.random() * 1000)}@example.org"


def _one(items: Sequence[Item], chance: random.Random) -> Item:
    return items[int(chance.random() * len(items))]
