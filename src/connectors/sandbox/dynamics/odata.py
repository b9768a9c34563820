"""`$filter`: text to a test on rows. The grammar, names and types are checked as it is read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .conditions import Test, compare, condition, parse_value, text_test, two
from .errors import Refused, Unknown, bad_syntax, no_property
from .relations import related
from .schema import Column, Schema, read_guid, read_moment
from .tables import Row, Store

Getter = Callable[[Row], Any]
Predicate = Callable[[Row], bool]

_TOKEN = re.compile(
    r"""(?P<blank>\s+)
    |(?P<string>'(?:[^']|'')*')
    |(?P<guid>[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})
    |(?P<moment>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?)
    |(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<array>\[[^\]]*\])
    |(?P<name>[A-Za-z_@][\w.]*)
    |(?P<mark>[(),/=:])""",
    re.VERBOSE,
)
_COMPARE = ("eq", "ne", "gt", "ge", "lt", "le")
_KINDS = {
    "eq": "Equal",
    "ne": "NotEqual",
    "gt": "GreaterThan",
    "ge": "GreaterThanOrEqual",
    "lt": "LessThan",
    "le": "LessThanOrEqual",
}
_FLIP = {"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
_PREFIX = "Microsoft.Dynamics.CRM."
_FUNCTIONS = {
    "EqualUserId": "eq-userid",
    "NotEqualUserId": "ne-userid",
    "EqualUserTeams": "eq-userteams",
    "EqualUserOrUserTeams": "eq-useroruserteams",
    "EqualUserOrUserHierarchy": "eq-useroruserhierarchy",
    "EqualUserOrUserHierarchyAndTeams": "eq-useroruserhierarchyandteams",
    "EqualBusinessId": "eq-businessid",
    "NotEqualBusinessId": "ne-businessid",
    "Last7Days": "last-seven-days",
    "Next7Days": "next-seven-days",
}
_KNOWN_NAMES = """
    In NotIn Between NotBetween On OnOrBefore OnOrAfter Yesterday Today Tomorrow Last7Days Next7Days
    LastWeek ThisWeek NextWeek LastMonth ThisMonth NextMonth LastYear ThisYear NextYear
    LastXHours NextXHours LastXDays NextXDays LastXWeeks NextXWeeks LastXMonths NextXMonths
    LastXYears NextXYears OlderThanXMinutes OlderThanXHours OlderThanXDays OlderThanXWeeks
    OlderThanXMonths OlderThanXYears
"""
_KNOWN = {*_KNOWN_NAMES.split(), *_FUNCTIONS}
_REAL_NAMES = """
    Contains ContainValues DoesNotContainValues EqualUserLanguage Under NotUnder UnderOrEqual Above
    AboveOrEqual EqualRoleBusinessId ThisFiscalYear ThisFiscalPeriod NextFiscalYear
    NextFiscalPeriod LastFiscalYear LastFiscalPeriod LastXFiscalYears LastXFiscalPeriods
    NextXFiscalYears NextXFiscalPeriods InFiscalYear InFiscalPeriod InFiscalPeriodAndYear
    InOrBeforeFiscalPeriodAndYear InOrAfterFiscalPeriodAndYear
"""
_REAL = frozenset(_REAL_NAMES.split())
"""Functions that real servers have and this one does not simulate."""
_ACCEPTS = {
    "string": ("string",),
    "memo": ("string",),
    "guid": ("guid",),
    "lookup": ("guid",),
    "integer": ("integer",),
    "bigint": ("integer",),
    "choice": ("integer",),
    "decimal": ("integer", "decimal"),
    "double": ("integer", "decimal"),
    "boolean": ("boolean",),
    "datetime": ("datetime", "date"),
    "date": ("date",),
}
_LITERAL_EDM = {
    "string": "Edm.String",
    "guid": "Edm.Guid",
    "integer": "Edm.Int32",
    "decimal": "Edm.Decimal",
    "boolean": "Edm.Boolean",
    "datetime": "Edm.DateTimeOffset",
    "date": "Edm.Date",
}


@dataclass(slots=True)
class Filter:
    """A test on rows, and equalities that must hold so that an index can help."""

    test: Predicate
    equal: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)


@dataclass(slots=True)
class _Operand:
    kind: str
    value: Any = None
    column: Column | None = None
    get: Getter | None = None
    direct: bool = False


def parse_filter(
    store: Store,
    schema: Schema,
    text: str,
    aliases: Mapping[str, str] | None = None,
    *,
    quoted_guids: bool = False,
) -> Filter:
    """Read a `$filter` for rows of `schema`."""
    return _Parser(store, schema, text, aliases or {}, quoted_guids).parse()


class _Parser:
    def __init__(
        self,
        store: Store,
        schema: Schema,
        text: str,
        aliases: Mapping[str, str],
        quoted_guids: bool,
    ) -> None:
        self.store = store
        self.schema = schema
        self.text = text
        self.aliases = aliases
        self.quoted_guids = quoted_guids
        self.scope: tuple[str, Schema] | None = None
        self.tokens = self._scan()
        self.at = 0

    def _scan(self) -> list[tuple[str, str, int]]:
        found, at = [], 0
        while at < len(self.text):
            match = _TOKEN.match(self.text, at)
            if match is None:
                raise self._error(at)
            kind = match.lastgroup or ""
            if kind != "blank":
                found.append((kind, match.group(), at))
            at = match.end()
        found.append(("end", "", len(self.text)))
        return found

    def _error(self, at: int) -> Refused:
        return bad_syntax(f"Syntax error at position {at} in '{self.text}'.")

    def _peek(self) -> tuple[str, str, int]:
        return self.tokens[self.at]

    def _next(self) -> tuple[str, str, int]:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def _take(self, text: str) -> None:
        kind, found, at = self._next()
        if found != text or kind in ("string", "end"):
            raise self._error(at)

    def _is(self, text: str, ahead: int = 0) -> bool:
        at = self.at + ahead
        return at < len(self.tokens) and self.tokens[at][1] == text

    def parse(self) -> Filter:
        found = self._or()
        kind, _, at = self._peek()
        if kind != "end":
            raise self._error(at)
        return found

    def _or(self) -> Filter:
        tests = [self._and()]
        while self._is("or"):
            self._next()
            tests.append(self._and())
        if len(tests) == 1:
            return tests[0]
        parts = [t.test for t in tests]
        if len(parts) == 2:
            a, b = parts
            return Filter(lambda row: a(row) or b(row))
        return Filter(lambda row: any(t(row) for t in parts))

    def _and(self) -> Filter:
        tests = [self._not()]
        while self._is("and"):
            self._next()
            tests.append(self._not())
        if len(tests) == 1:
            return tests[0]
        parts = [t.test for t in tests]
        equal = [pair for t in tests for pair in t.equal]
        if len(parts) == 2:
            a, b = parts
            return Filter(lambda row: a(row) and b(row), equal)
        return Filter(lambda row: all(t(row) for t in parts), equal)

    def _not(self) -> Filter:
        if self._is("not") and self._peek()[0] == "name":
            self._next()
            inner = self._not().test
            return Filter(lambda row: not inner(row))
        return self._primary()

    def _primary(self) -> Filter:
        kind, text, at = self._peek()
        if text == "(" and kind == "mark":
            self._next()
            found = self._or()
            self._take(")")
            return found
        if kind == "name" and self._is("(", 1):
            return self._function()
        left = self._operand()
        if isinstance(left, Filter):
            return left
        _, op, at = self._next()
        if op not in _COMPARE:
            raise self._error(at)
        right = self._operand()
        if isinstance(right, Filter):
            raise self._error(at)
        return self._comparison(left, op, right)

    def _function(self) -> Filter:
        _, name, at = self._next()
        self._take("(")
        if name in ("contains", "startswith", "endswith"):
            left = self._operand()
            self._take(",")
            right = self._operand()
            self._take(")")
            if isinstance(left, Filter) or isinstance(right, Filter):
                raise self._error(at)
            if left.get is None or left.column is None or right.kind != "string":
                raise bad_syntax(f"No function signature for the function with name '{name}'.")
            if left.column.kind not in ("string", "memo"):
                raise bad_syntax(f"No function signature for the function with name '{name}'.")
            get, test = left.get, text_test(name, right.value)
            return Filter(lambda row: test(get(row)))
        if name.startswith(_PREFIX):
            return self._query_function(name[len(_PREFIX) :], at)
        raise bad_syntax(f"An unknown function with name '{name}' was found.")

    def _query_function(self, name: str, at: int) -> Filter:
        given: dict[str, Any] = {}
        while not self._is(")"):
            _, key, where = self._next()
            self._take("=")
            kind, text, _ = self._next()
            if kind == "name" and text.startswith("@"):
                kind, text = self._alias(text)
            if kind == "array":
                try:
                    given[key] = json.loads(text)
                except ValueError:
                    raise self._error(where) from None
            elif kind == "string":
                given[key] = text[1:-1].replace("''", "'")
            elif kind in ("number", "guid", "moment", "name"):
                given[key] = text
            else:
                raise self._error(where)
            if self._is(","):
                self._next()
        self._take(")")
        if name in _REAL:
            raise Unknown(f"{_PREFIX}{name} in $filter")
        if name not in _KNOWN:
            raise bad_syntax(f"An unknown function with name '{_PREFIX}{name}' was found.")
        path = given.get("PropertyName")
        if not isinstance(path, str):
            raise bad_syntax(f"The function '{_PREFIX}{name}' needs PropertyName.")
        column = self.schema.columns.get(path) or self.schema.properties.get(path)
        if column is None:
            raise no_property(path, self.schema.name)
        values = given.get("PropertyValues", given.get("PropertyValue", []))
        op = _FUNCTIONS.get(name) or re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=X)(?=[A-Z])", "-", name)
        op = op.lower().replace("older-than", "olderthan")
        listed = values if isinstance(values, list) else [values]
        test = condition(self.store, op, column, listed)
        get = self._getter(column)
        equal: list[tuple[str, tuple[Any, ...]]] = []
        if op == "in" and self.scope is None:
            equal = [(column.name, tuple(parse_value(column, v) for v in listed))]
        return Filter(lambda row: test(get(row)), equal)

    def _alias(self, name: str) -> tuple[str, str]:
        text = self.aliases.get(name)
        if text is None:
            raise bad_syntax(f"The parameter alias '{name}' has no value.")
        match = _TOKEN.fullmatch(text.strip())
        if match is None:
            raise bad_syntax(f"The value of the parameter alias '{name}' cannot be read.")
        return match.lastgroup or "", match.group()

    def _operand(self) -> _Operand | Filter:
        kind, text, at = self._next()
        if kind == "name" and text.startswith("@"):
            kind, text = self._alias(text)
        if kind == "string":
            return _Operand("string", text[1:-1].replace("''", "'"))
        if kind == "guid":
            return _Operand("guid", text.lower())
        if kind == "moment":
            if "T" in text:
                return _Operand("datetime", read_moment(text))
            if read_moment(text) is None:
                raise self._error(at)
            return _Operand("date", text)
        if kind == "number":
            if text.lstrip("-").isdigit():
                return _Operand("integer", int(text))
            return _Operand("decimal", float(text))
        if kind == "name" and text in ("true", "false"):
            return _Operand("boolean", text == "true")
        if kind == "name" and text == "null":
            return _Operand("null")
        if kind != "name":
            raise self._error(at)
        return self._path(text, at)

    def _path(self, name: str, at: int) -> _Operand | Filter:
        schema = self.schema
        steps: list[tuple[str, str]] = []
        if self.scope is not None:
            if name != self.scope[0]:
                raise self._error(at)
            schema = self.scope[1]
            self._take("/")
            _, name, at = self._next()
        while self._is("/"):
            nav = schema.navs.get(name)
            if nav is None:
                raise no_property(name, schema.name)
            self._take("/")
            if nav.collection:
                return self._lambda(schema, name, steps)
            steps.append((nav.column, nav.target))
            schema = self.store.table(nav.target).schema
            _, name, at = self._next()
        column = schema.properties.get(name)
        if column is None:
            raise no_property(name, schema.name)
        getter = self._getter(column, steps)
        return _Operand(column.kind, None, column, getter, not steps and self.scope is None)

    def _lambda(self, schema: Schema, name: str, steps: list[tuple[str, str]]) -> Filter:
        nav = schema.navs[name]
        _, how, at = self._next()
        if how not in ("any", "all") or steps or self.scope is not None:
            raise self._error(at)
        self._take("(")
        table = self.store.table(nav.target)
        inner: Predicate = lambda row: True  # noqa: E731
        if not self._is(")"):
            _, variable, _ = self._next()
            self._take(":")
            self.scope = (variable, table.schema)
            inner = self._or().test
            self.scope = None
        self._take(")")
        store, key, check = self.store, schema.key, any if how == "any" else all

        def test(row: Row) -> bool:
            ids = related(store, schema.name, row[key], nav)
            return check(inner(table.rows[i]) for i in ids)

        return Filter(test)

    def _getter(self, column: Column, steps: list[tuple[str, str]] | None = None) -> Getter:
        name = column.name
        if not steps:
            return lambda row: row.get(name)
        hops = [(c, self.store.table(t).rows) for c, t in steps]

        def get(row: Row) -> Any:
            for lookup, rows in hops:
                row = rows.get(row.get(lookup) or "", {})
            return row.get(name)

        return get

    def _comparison(self, left: _Operand, op: str, right: _Operand) -> Filter:
        if left.column is None:
            left, right, op = right, left, _FLIP[op]
        if left.column is None or left.get is None:
            raise bad_syntax(f"The expression '{self.text}' compares two constants.")
        get = left.get
        if right.column is not None and right.get is not None:
            other = right.get
            return Filter(lambda row: two(op, get(row), other(row)))
        column, value = left.column, right.value
        if right.kind == "null":
            if op not in ("eq", "ne"):
                raise self._mixed(column, "null", op)
        elif right.kind not in _ACCEPTS[column.kind]:
            quoted = right.kind == "string" and self.quoted_guids
            value = read_guid(value) if quoted and column.edm == "Edm.Guid" else None
            if value is None:
                raise self._mixed(column, right.kind, op)
        elif column.kind == "datetime" and right.kind == "date":
            value = read_moment(value)
        equal = [(column.name, (value,))] if op == "eq" and left.direct else []
        return Filter(_bound(compare(op, value), get, column.name, left.direct), equal)

    def _mixed(self, column: Column, kind: str, op: str) -> Refused:
        return bad_syntax(
            "A binary operator with incompatible types was detected. Found operand types "
            f"'{column.edm}' and '{_LITERAL_EDM.get(kind, kind)}' for operator kind "
            f"'{_KINDS[op]}'."
        )


def _bound(test: Test, get: Getter, name: str, direct: bool) -> Predicate:
    if direct:
        return lambda row: test(row.get(name))
    return lambda row: test(get(row))
