"""FetchXML, the query language of dynamic lists: what it asks of the caller, and how it is paged.

Nothing here trusts its input: entities and DTDs are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ..errors import ConfigError, DecodeError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_CALLER = frozenset(
    {
        "eq-userid",
        "ne-userid",
        "eq-userteams",
        "eq-useroruserteams",
        "eq-useroruserhierarchy",
        "eq-useroruserhierarchyandteams",
        "eq-businessid",
        "ne-businessid",
        "eq-userlanguage",
    }
)

_RELATIVE = re.compile(r"yesterday|today|tomorrow|(?:last|this|next|olderthan)-.+")


def caller_conditions(fetchxml: str) -> tuple[str, ...]:
    """The conditions that mean somebody else when somebody else asks, as `ownerid eq-userid`.

    Raises:
        ConfigError: not FetchXML.
    """
    return tuple(text for text, operator in _conditions(fetchxml) if operator in _CALLER)


def relative_dates(fetchxml: str) -> tuple[str, ...]:
    """The conditions that depend on the day it is in the caller's time zone.

    Raises:
        ConfigError: not FetchXML.
    """
    return tuple(text for text, operator in _conditions(fetchxml) if _RELATIVE.fullmatch(operator))


def root_table(fetchxml: str) -> str:
    """The logical name of the table whose rows it finds.

    Raises:
        ConfigError: not FetchXML.
    """
    return _parse(fetchxml)[1].get("name", "")


def limited(fetchxml: str) -> bool:
    """Whether it asks for the first rows alone, by `top`, which excludes paging.

    Raises:
        ConfigError: not FetchXML.
    """
    return _parse(fetchxml)[0].get("top") is not None


def prepare(
    fetchxml: str,
    *,
    attributes: Iterable[str],
    key: str,
    page: int,
    count: int,
    cookie: str | None = None,
) -> str:
    """The same rows, with these columns, in an order that does not change, one page of them.

    `top` is dropped, since it excludes paging; so are columns and orders of linked tables, since an
    order by those limits paging to 50,000 rows.

    Raises:
        ConfigError: not FetchXML, or an aggregate.
    """
    fetch, entity = _parse(fetchxml)
    if fetch.get("aggregate", "").lower() in ("true", "1"):
        raise ConfigError("this FetchXML is an aggregate: it finds no rows")
    for name in ("top", "paging-cookie", "returntotalrecordcount"):
        fetch.attrib.pop(name, None)
    fetch.set("count", str(count))
    fetch.set("page", str(page))
    if cookie is not None:
        fetch.set("paging-cookie", cookie)
    orders = [o for o in entity.findall("order") if o.get("attribute") and not o.get("entityname")]
    for parent in list(entity.iter()):
        for child in list(parent):
            if child.tag in ("attribute", "all-attributes", "order"):
                parent.remove(child)
    ordered = [o.get("attribute", "") for o in orders]
    if key not in ordered:
        orders.append(entity.makeelement("order", {"attribute": key}))
    # A distinct query has to select what it is ordered by.
    wanted = dict.fromkeys([key, *map(_attribute, attributes), *ordered])
    entity[:0] = [*(entity.makeelement("attribute", {"name": n}) for n in wanted), *orders]
    return _text(fetch)


def paged(fetchxml: str, *, key: str, page: int, count: int, cookie: str | None = None) -> str:
    """The same query with its own columns, one page of it.

    Rows of a table get the key as their last order; a query with `top` is left as it is, since
    that excludes paging.

    Raises:
        ConfigError: not FetchXML.
    """
    fetch, entity = _parse(fetchxml)
    if fetch.get("top") is not None:
        return _text(fetch)
    fetch.attrib.pop("paging-cookie", None)
    fetch.set("count", str(count))
    fetch.set("page", str(page))
    if cookie is not None:
        fetch.set("paging-cookie", cookie)
    summed = any(fetch.get(n, "").lower() in ("true", "1") for n in ("aggregate", "distinct"))
    if not summed and key not in [o.get("attribute") for o in entity.findall("order")]:
        last = max((i for i, e in enumerate(entity) if e.tag == "order"), default=-1)
        entity.insert(last + 1, entity.makeelement("order", {"attribute": key}))
    return _text(fetch)


def next_cookie(annotation: str) -> str:
    """The cookie that leads to the next page, from the annotation of the present one.

    Raises:
        DecodeError: it is no cookie.
    """
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        element: Element = fromstring(annotation, forbid_dtd=True)
    except (ParseError, DefusedXmlException):
        raise DecodeError("the paging cookie is not XML") from None
    # Encoded twice: decoded once or three times, the server answers page 1 again and again.
    return unquote(unquote(element.get("pagingcookie", "")))


def _attribute(column: str) -> str:
    """The name that FetchXML has for a column: `_masterid_value` is `masterid`."""
    lookup = re.fullmatch(r"_(.+)_value", column)
    return lookup[1] if lookup else column


def _conditions(fetchxml: str) -> Iterator[tuple[str, str]]:
    for condition in _parse(fetchxml)[0].iter("condition"):
        operator = condition.get("operator", "")
        yield f"{condition.get('attribute', '')} {operator}".strip(), operator


def _parse(fetchxml: str) -> tuple[Element, Element]:
    """The `fetch` and `entity` elements."""
    # Imported here: few calls need XML, and the first costs more than most calls.
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        fetch: Element = fromstring(fetchxml, forbid_dtd=True)
    except ParseError as error:
        raise ConfigError(f"this FetchXML is not XML: {error}") from None
    except (DefusedXmlException, ValueError):
        raise ConfigError("this FetchXML has a DTD or an entity, or names an encoding") from None
    entities = fetch.findall("entity")
    if fetch.tag != "fetch" or len(entities) != 1:
        raise ConfigError("FetchXML must be one <fetch> with one <entity>")
    return fetch, entities[0]


def _text(element: Element) -> str:
    from xml.etree.ElementTree import tostring

    return tostring(element, encoding="unicode")
