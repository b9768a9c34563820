"""Searches: conditions that are checked when they are made, ad hoc or saved as a segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal, NewType, get_args

from attrs import field, frozen

from ...errors import ConfigError
from .campaigns import CampaignRef
from .contacts import ContactId, Origin, Removal

SegmentId = NewType("SegmentId", str)

Subscribers = Literal["subscribed", "undelivered", "removed", "unconfirmed"]
Match = Literal["all", "any"]
Cycle = Literal["receiving_autoresponder", "not_receiving_autoresponder"]
TextOperator = Literal[
    "is",
    "is_not",
    "contains",
    "not_contains",
    "starts",
    "ends",
    "not_starts",
    "not_ends",
]
FieldOperator = TextOperator | Literal["assigned", "not_assigned"]
NumberOperator = Literal[
    "numeric_lt",
    "numeric_gt",
    "numeric_eq",
    "numeric_not_eq",
    "numeric_lt_eq",
    "numeric_gt_eq",
]
Period = Literal[
    "all_time",
    "today",
    "yesterday",
    "last_7_days",
    "last_30_days",
    "this_week",
    "last_week",
    "this_month",
    "last_month",
    "last_2_months",
]

_TEXT: tuple[str, ...] = get_args(TextOperator)
_NUMBER: tuple[str, ...] = get_args(NumberOperator)
_WITHOUT_VALUE = ("assigned", "not_assigned")

# condition → operator type → operators; None where the type is not sent
_KNOWN: dict[str, dict[str | None, tuple[str, ...]]] = {
    "email": {"string_operator": _TEXT},
    "name": {"string_operator": _TEXT},
    "tag": {"exists": ("exists", "not_exists")},
    "engagement_score": {None: _NUMBER},
    "custom": {
        "string_operator": _TEXT + _WITHOUT_VALUE,
        "string_operator_list": _TEXT + _WITHOUT_VALUE,
        "numeric_operator": _NUMBER + _WITHOUT_VALUE,
    },
}


@frozen(kw_only=True)
class Condition:
    """One condition of a search. The class methods make the usual ones.

    `email`, `name`, `tag`, `engagement_score` and `custom` conditions are checked. Others, such as
    "opened", are sent as they are made; GetResponse's documentation says what they take, and `more`
    has room for it.

    Raises:
        ConfigError: a combination that GetResponse does not have.
    """

    condition_type: str
    operator_type: str | None = None
    operator: str | None = None
    value: str | int | float | None = field(default=None, repr=False)
    scope: str | None = None
    more: Mapping[str, object] = field(factory=dict, repr=False)

    def __attrs_post_init__(self) -> None:
        known = _KNOWN.get(self.condition_type)
        if known is None:
            return
        if self.condition_type == "custom" and self.operator_type == "date_operator":
            return
        operators = known.get(self.operator_type)
        if operators is None:
            kinds = ", ".join(str(kind) for kind in known)
            raise ConfigError(
                f"a condition on {self.condition_type} has an operator_type of {kinds}; "
                f"got {self.operator_type}"
            )
        if self.operator not in operators:
            raise ConfigError(
                f"a condition on {self.condition_type} takes {', '.join(operators)}; "
                f"got {self.operator}"
            )
        if (self.condition_type == "custom") != bool(self.scope):
            raise ConfigError("`scope` is the custom field of a custom condition, and of no other")
        if (self.operator in _WITHOUT_VALUE) != (self.value in (None, "")):
            raise ConfigError(
                f"{self.condition_type} {self.operator}: a value is needed for all operators but "
                "assigned and not_assigned, which take none"
            )

    @classmethod
    def email(cls, operator: TextOperator, value: str) -> Condition:
        """On the address."""
        return cls(
            condition_type="email",
            operator_type="string_operator",
            operator=operator,
            value=value,
        )

    @classmethod
    def name(cls, operator: TextOperator, value: str) -> Condition:
        """On the name."""
        return cls(
            condition_type="name",
            operator_type="string_operator",
            operator=operator,
            value=value,
        )

    @classmethod
    def tag(cls, tag_id: str, *, present: bool = True) -> Condition:
        """Who has a tag, or has it not."""
        operator = "exists" if present else "not_exists"
        return cls(condition_type="tag", operator_type="exists", operator=operator, value=tag_id)

    @classmethod
    def custom_field(
        cls,
        custom_field_id: str,
        operator: FieldOperator | NumberOperator,
        value: str | int | float | None = None,
        *,
        choice: bool = False,
    ) -> Condition:
        """On the values of a custom field.

        Args:
            operator: a numeric one for a number; "assigned" and "not_assigned" take no value.
            choice: whether the field offers values to choose from.
        """
        kind = "string_operator_list" if choice else "string_operator"
        if operator in _NUMBER:
            kind = "numeric_operator"
        return cls(
            condition_type="custom",
            scope=custom_field_id,
            operator_type=kind,
            operator=operator,
            value=value,
        )

    @classmethod
    def engagement_score(cls, operator: NumberOperator, value: int) -> Condition:
        """On the engagement, 1 (not engaged) to 5.

        Raises:
            ConfigError: another score.
        """
        if not 1 <= value <= 5:
            raise ConfigError(f"an engagement score is 1 to 5, got {value}")
        return cls(condition_type="engagement_score", operator=operator, value=value)


@frozen(kw_only=True)
class Section:
    """Part of a search: in these lists, who meets the conditions.

    Attributes:
        campaign_ids: one at least.
        match: whether all conditions must be met, or any.
        subscribed: when they came into the list: a period by name, or a first and a last day.
        cycles: whether they are in the autoresponder cycle; both by default.
    """

    campaign_ids: Sequence[str]
    conditions: Sequence[Condition] = ()
    match: Match = "all"
    subscribed: Period | tuple[date, date] = "all_time"
    cycles: Sequence[Cycle] = ("receiving_autoresponder", "not_receiving_autoresponder")

    def __attrs_post_init__(self) -> None:
        lists = self.campaign_ids
        if isinstance(lists, str) or not lists or not all(lists):
            raise ConfigError("campaign_ids is a list of ids, one at least, and none is empty")
        _one_of("match", self.match, Match)
        if not self.cycles:
            raise ConfigError("a section needs one of the cycles at least")
        for cycle in self.cycles:
            _one_of("cycles", cycle, Cycle)
        if isinstance(self.subscribed, str):
            _one_of("subscribed", self.subscribed, Period)
        elif self.subscribed[0] > self.subscribed[1]:
            raise ConfigError("a section's first day lies after its last")


@frozen(kw_only=True)
class SearchQuery:
    """A search over the contacts of lists.

    Attributes:
        sections: one at least.
        match: whether a contact must be in all sections, or in any.
        subscribers: of what standing; "removed" are those who left. A saved search takes
            "subscribed" alone.

    Raises:
        ConfigError: a combination that GetResponse does not have.

    ```python
    from connectors.getresponse.models import Condition, SearchQuery, Section

    query = SearchQuery(
        sections=[Section(campaign_ids=["C"], conditions=[Condition.email("ends", "@example.org")])]
    )
    ```
    """

    sections: Sequence[Section]
    match: Match = "any"
    subscribers: Sequence[Subscribers] = ("subscribed",)

    def __attrs_post_init__(self) -> None:
        if not self.sections:
            raise ConfigError("a search needs one section at least")
        _one_of("match", self.match, Match)
        if isinstance(self.subscribers, str) or not self.subscribers:
            raise ConfigError(f"subscribers are some of {', '.join(get_args(Subscribers))}")
        for kind in self.subscribers:
            _one_of("subscribers", kind, Subscribers)


@frozen(kw_only=True)
class FoundContact:
    """A contact that a search found; `reason` and `deleted_on` where it left its list."""

    contact_id: ContactId
    email: str = field(repr=False)
    name: str | None = field(default=None, repr=False)
    campaign: CampaignRef | None = None
    origin: Origin | str | None = None
    day_of_cycle: int | None = None
    created_on: datetime | None = None
    score: float | None = None
    reason: Removal | str | None = None
    deleted_on: datetime | None = None


@frozen(kw_only=True)
class Segment:
    """A saved search. `section` has its conditions as GetResponse keeps them."""

    search_contact_id: SegmentId
    name: str | None = None
    created_on: datetime | None = None
    subscribers_type: tuple[str, ...] = ()
    section_logic_operator: str | None = None
    section: tuple[Mapping[str, object], ...] = field(default=(), repr=False)


def _one_of(name: str, value: str, known: object) -> None:
    if value not in get_args(known):
        raise ConfigError(f"{name}: {value!r} is none of {', '.join(get_args(known))}")
