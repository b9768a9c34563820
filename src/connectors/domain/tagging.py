"""Which tags a contact gets for what happened to a recipient, and why.

Rules are data: `Tagging.load` reads them from TOML or JSON values, `dump` gives them back. A wrong
one is refused when it is built, with the place and the nearest right name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping

from attrs import field, frozen

from ..errors import DomainError
from .envelopes import USUAL_ACTIONS, Action, Recipient, Snapshot
from .lifecycles import EnvelopeStatus, RecipientStatus
from .places import Place, folded, shown

INTEGRATION_TAG = "docusign-integration"
TAG_LENGTH = 255

CONNECT_EVENTS = (
    *(
        f"envelope-{what}"
        for what in "created sent resent delivered completed declined voided corrected purge"
        " deleted discard removed reminder-sent".split()
    ),
    *(
        f"recipient-{what}"
        for what in "sent resent delivered completed declined authenticationfailed autoresponded"
        " reassign delegate finish-later".split()
    ),
)
"""What Connect can tell of envelopes and recipients."""

KINDS = (
    "signer carbon_copy certified_delivery in_person_signer agent editor intermediary seal"
    " witness notary notary_witness participant"
).split()
"""The kinds of recipients."""


class TagRefused(DomainError):
    """A tag or a rule that cannot work."""


def tag_key(tag: str) -> str:
    """What tells one tag from another: people see no difference between `VIP` and `vip`."""
    return folded(tag)


@frozen(kw_only=True)
class TagRule:
    """A tag, and when a contact gets it: where all conditions hold. An empty one always holds.

    Of several values in one condition any will do; case makes no difference, nor in the names of
    custom fields.

    Args:
        tag: the tag, as people see it.
        actions: what happened.
        recipient_statuses, envelope_statuses: where the recipient or the envelope stands.
        events: the event as the service names it, `"recipient-declined"`. A message that names
            none, as one in the older XML form, does not meet it.
        roles: the recipient's role in the template.
        kinds: the recipient's kind, `"signer"`.
        templates: ids of templates; one of the envelope's is among them.
        senders: the sender's e-mail address or name.
        custom_fields: custom fields of the envelope, by name; all have these values.

    Raises:
        TagRefused: a tag no contact can have, a name that does not exist.

    Examples:
        >>> rule = TagRule(tag="lease signed", actions=(Action.COMPLETED,), roles=("Tenant",))
    """

    tag: str = field(kw_only=False)
    actions: tuple[Action, ...] = ()
    recipient_statuses: tuple[str, ...] = ()
    envelope_statuses: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    senders: tuple[str, ...] = field(default=(), repr=lambda s: f"<{len(s)}>")
    custom_fields: Mapping[str, str] = field(factory=dict, repr=lambda f: f"<{len(f)}>")

    def __attrs_post_init__(self) -> None:
        here = Place("", TagRefused)
        _check_tag(self.tag, here.key("tag"))
        for index, action in enumerate(_tuple(self.actions, here.key("actions"))):
            if not isinstance(action, Action):
                place = here.key("actions").item(index)
                raise place.refusal(f"must be an Action, as Action.SENT, got {shown(action)}")
        for name, known in _VOCABULARY.items():
            place = here.key(name)
            for index, value in enumerate(_tuple(getattr(self, name), place)):
                if not isinstance(value, str) or not value.strip():
                    raise place.item(index).refusal(f"must be text, got {shown(value)}")
                if known and folded(value) not in known:
                    place.item(index).known(value, known)
        _check_custom_fields(self.custom_fields, here.key("custom_fields"))

    def conditions(self) -> tuple[str, ...]:
        """What has to hold, in words that can be printed anywhere."""
        said = [
            _said(label, [a.value for a in values] if name == "actions" else values)
            for name, label in _LABELS.items()
            if (values := getattr(self, name)) and name != "senders"
        ]
        if self.senders:
            said.append(f"the sender is one of the {len(self.senders)} named")
        said += [f"custom field {shown(name)} has the value named" for name in self.custom_fields]
        return tuple(said)

    def unmet(self, snapshot: Snapshot, recipient: Recipient, action: Action | None) -> str | None:
        """The first condition that does not hold, printable; None where all do."""
        happened = action.value if action else None
        facts: dict[str, tuple[str | None, ...]] = {
            "actions": (happened,),
            "recipient_statuses": (recipient.status,),
            "envelope_statuses": (snapshot.status,),
            "events": (snapshot.event,),
            "roles": (recipient.role,),
            "kinds": (recipient.kind,),
            "templates": snapshot.template_ids,
        }
        for name, actual in facts.items():
            wanted = [a.value for a in self.actions] if name == "actions" else getattr(self, name)
            if wanted and not _meet(wanted, actual):
                found = " and ".join(shown(one) for one in actual if one) or "unknown"
                return f"{_LABELS[name]} is {found}, not {' or '.join(map(shown, wanted))}"
        if self.senders and not _meet(self.senders, (snapshot.sender_email, snapshot.sender_name)):
            return f"the sender is none of the {len(self.senders)} named"
        for name, value in self.custom_fields.items():
            own = snapshot.custom_fields.items()
            there = [folded(found) for other, found in own if folded(other) == folded(name)]
            if not there:
                return f"the envelope has no custom field {shown(name)}"
            if folded(value) not in there:
                return f"custom field {shown(name)} has another value than the one named"
        return None

    def dump(self) -> dict[str, object]:
        """This rule as plain data."""
        data: dict[str, object] = {"tag": self.tag}
        if self.actions:
            data["actions"] = [action.value for action in self.actions]
        data |= {name: list(getattr(self, name)) for name in _VOCABULARY if getattr(self, name)}
        if self.custom_fields:
            data["custom_fields"] = dict(self.custom_fields)
        return data


@frozen
class Verdict:
    """Whether one rule gave its tag, and why. Holds no address and can be printed.

    Attributes:
        tag: the tag.
        given: whether the contact gets it.
        reason: the conditions that hold, or the first that does not.
    """

    tag: str
    given: bool
    reason: str

    def __str__(self) -> str:
        return f"{self.tag}: {'given' if self.given else 'not given'}, {self.reason}"


@frozen
class TagPreview:
    """A tag that an action can put on contacts.

    Attributes:
        only_if: what else has to hold, in words; empty where nothing has to.
    """

    action: Action
    tag: str
    only_if: tuple[str, ...] = ()

    def __str__(self) -> str:
        limit = f", only if {' and '.join(self.only_if)}" if self.only_if else ""
        return f"{self.action.value}: {self.tag}{limit}"


@frozen
class Tagging:
    """The rules of a setup, and the tag that every synchronised contact gets.

    Raises:
        TagRefused: an integration tag no contact can have.

    Examples:
        >>> tagging = Tagging.english()
        >>> [seen.tag for seen in tagging.preview([Action.SENT])]
        ['docusign-integration', 'docusign-integration-DocuSign_Envelope_Sent']
    """

    rules: tuple[TagRule, ...]
    integration_tag: str = INTEGRATION_TAG

    def __attrs_post_init__(self) -> None:
        here = Place("", TagRefused)
        _check_tag(self.integration_tag, here.key("integration_tag"))
        for index, rule in enumerate(_tuple(self.rules, here.key("rules"))):
            if not isinstance(rule, TagRule):
                place = here.key("rules").item(index)
                raise place.refusal(f"must be a TagRule, got {shown(rule)}")

    @classmethod
    def english(cls, actions: Iterable[Action] = USUAL_ACTIONS) -> Tagging:
        """One tag for each action, in English."""
        return cls(_preset("DocuSign_Envelope", _ENGLISH, actions))

    @classmethod
    def french(cls, actions: Iterable[Action] = USUAL_ACTIONS) -> Tagging:
        """One tag for each action, in French; the integration tag is the same."""
        return cls(_preset("DocuSign_Enveloppe", _FRENCH, actions))

    @property
    def known_tags(self) -> tuple[str, ...]:
        """All tags that can ever be given, each once, the integration tag first."""
        return _once([self.integration_tag, *(rule.tag for rule in self.rules)])

    def tags_for(
        self, snapshot: Snapshot, recipient: Recipient, action: Action | None
    ) -> tuple[str, ...]:
        """The tags of this recipient's contact, each once, the integration tag first.

        Args:
            action: what happened to this recipient by their own status; None where it was nothing
                that has a name here.
        """
        return _once(
            verdict.tag for verdict in self.explain(snapshot, recipient, action) if verdict.given
        )

    def explain(
        self, snapshot: Snapshot, recipient: Recipient, action: Action | None
    ) -> tuple[Verdict, ...]:
        """What each rule decided, and by which condition; the integration tag first."""
        verdicts = [Verdict(self.integration_tag, True, "every synchronised contact has it")]
        for rule in self.rules:
            unmet = rule.unmet(snapshot, recipient, action)
            reason = unmet or " and ".join(rule.conditions()) or "the rule has no condition"
            verdicts.append(Verdict(rule.tag, unmet is None, reason))
        return tuple(verdicts)

    def preview(self, actions: Iterable[Action]) -> tuple[TagPreview, ...]:
        """Which tags these actions can put on contacts, and what else has to hold for each."""
        found = []
        for action in actions:
            found.append(TagPreview(action, self.integration_tag))
            for rule in self.rules:
                if not rule.actions or action in rule.actions:
                    # The condition on the action stands first, and is met.
                    others = rule.conditions()[1 if rule.actions else 0 :]
                    found.append(TagPreview(action, rule.tag, others))
        return tuple(found)

    def dump(self) -> dict[str, object]:
        """All of it as plain data."""
        rules = [rule.dump() for rule in self.rules]
        return {"integration_tag": self.integration_tag, "rules": rules}

    @classmethod
    def load(cls, data: object) -> Tagging:
        """Read it from plain data, as TOML or JSON give it.

        Raises:
            TagRefused: what is wrong, with its place.
        """
        here = Place("", TagRefused)
        table = here.table(data, ("integration_tag", "rules"), required=("rules",))
        rules = [_load_rule(one, place) for one, place in table.items("rules")]
        return cls(tuple(rules), table.text("integration_tag", INTEGRATION_TAG))


def _load_rule(data: object, place: Place) -> TagRule:
    table = place.table(data, ("tag", *_LABELS, "custom_fields"), required=("tag",))
    names = table.texts("actions")
    for index, name in enumerate(names):
        place.key("actions").item(index).known(name, [action.value for action in Action])
    tag, custom_fields = table.text("tag"), table.pairs("custom_fields")
    texts = {name: table.texts(name) for name in _VOCABULARY}
    with place.inside():
        return TagRule(tag, actions=tuple(map(Action, names)), custom_fields=custom_fields, **texts)


# --- the words ---------------------------------------------------------------------------------

_LABELS: Mapping[str, str] = {
    "actions": "the action",
    "recipient_statuses": "the recipient's status",
    "envelope_statuses": "the envelope's status",
    "events": "the event",
    "roles": "the role",
    "kinds": "the kind of recipient",
    "templates": "the template",
    "senders": "the sender",
}

# Conditions that are texts → the words they may hold; empty where that is up to the account.
_VOCABULARY: Mapping[str, Collection[str]] = {
    "recipient_statuses": [status.value for status in RecipientStatus],
    "envelope_statuses": [status.value for status in EnvelopeStatus],
    "events": CONNECT_EVENTS,
    "roles": (),
    "kinds": KINDS,
    "templates": (),
    "senders": (),
}

_ENGLISH = {action: action.value.title() for action in Action}
_FRENCH = {
    Action.SENT: "Sent",
    Action.DELIVERED: "délivrée",
    Action.COMPLETED: "complète",
    Action.DECLINED: "Décliné",
    Action.VOIDED: "annulée",
    Action.EXPIRED: "expirée",
    Action.RESENT: "renvoyée",
    Action.CORRECTED: "corrigée",
    Action.REASSIGNED: "réattribuée",
    Action.COPIED: "copiée",
}


def _preset(
    thing: str, words: Mapping[Action, str], actions: Iterable[Action]
) -> tuple[TagRule, ...]:
    chosen = set(actions)
    for wrong in chosen.difference(Action):
        raise TagRefused(f"actions: must be Actions, as Action.SENT, got {shown(wrong)}")
    return tuple(
        TagRule(f"{INTEGRATION_TAG}-{thing}_{words[action]}", actions=(action,))
        for action in Action
        if action in chosen
    )


# --- parts -------------------------------------------------------------------------------------


def _check_tag(tag: object, place: Place) -> None:
    if not isinstance(tag, str):
        raise place.refusal(f"must be text, got {shown(tag)}")
    if not tag.strip():
        raise place.refusal("is empty; a tag is a text that people see")
    if tag != tag.strip():
        raise place.refusal(f"{shown(tag)} has blanks around it; write {shown(tag.strip())}")
    if len(tag) > TAG_LENGTH:
        raise place.refusal(f"has {len(tag)} characters; at most {TAG_LENGTH} fit")
    if "||" in tag:
        raise place.refusal(f"{shown(tag)} holds two vertical bars, which separate values")
    if any(unicodedata.category(char) in _UNSEEN for char in tag):
        raise place.refusal(f"{shown(tag)} holds a character that nobody can see")


def _check_custom_fields(fields: object, place: Place) -> None:
    if not isinstance(fields, Mapping):
        raise place.refusal(f"must be texts by name, as {{'size': 'big'}}, got {shown(fields)}")
    for name, value in fields.items():
        if not isinstance(name, str) or not name.strip():
            raise place.refusal(f"a custom field has a name, got {shown(name)}")
        if not isinstance(value, str):
            raise place.key(name).refusal(f"must be text, got {shown(value)}")


_UNSEEN = ("Cc", "Cs", "Zl", "Zp")


def _tuple(values: object, place: Place) -> tuple[object, ...]:
    if not isinstance(values, tuple):
        raise place.refusal(f"must be a tuple, got {shown(values)}")
    return values


def _meet(wanted: Iterable[str], actual: Iterable[str | None]) -> bool:
    return not {folded(one) for one in wanted}.isdisjoint(folded(one) for one in actual if one)


def _said(label: str, values: Iterable[str]) -> str:
    return f"{label} is {' or '.join(map(shown, values))}"


def _once(tags: Iterable[str]) -> tuple[str, ...]:
    return tuple(_first_spelling(tags))


def _first_spelling(tags: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for tag in tags:
        if (key := tag_key(tag)) not in seen:
            seen.add(key)
            yield tag
