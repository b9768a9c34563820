"""One Web API request, taken apart."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qsl, unquote

from ..kernel import Answer
from .errors import bad_payload, bad_syntax
from .state import NUMBERS, State

_PREFERENCE = re.compile(r'\s*([^=,;\s]+)\s*(?:=\s*("[^"]*"|[^,;]*))?\s*(?:[,;]|$)')
JSON = "application/json; odata.metadata=minimal"


def preferences(text: str) -> dict[str, str]:
    """The `Prefer` header, names in lower case, values unquoted."""
    return {name.lower(): value.strip().strip('"') for name, value in _PREFERENCE.findall(text)}


def dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(slots=True)
class Call:
    """A request below `/api/data/v{version}/`."""

    state: State
    method: str
    version: str
    path: str
    """The raw path after the version, still percent-encoded."""
    raw_query: str
    headers: Mapping[str, str]
    body: bytes
    refs: Mapping[str, str] = field(default_factory=dict)
    """Content-IDs of the change set -> absolute address of the row."""
    in_batch: bool = False
    operation: str = ""
    prefer: dict[str, str] = field(default_factory=dict)
    applied: list[str] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.prefer = preferences(self.headers.get("prefer", ""))
        self.pairs = parse_qsl(self.raw_query, keep_blank_values=True)

    @property
    def api(self) -> str:
        return f"{self.state.url}/api/data/v{self.version}/"

    @property
    def number(self) -> tuple[int, int]:
        return NUMBERS[self.version]

    @property
    def aliases(self) -> dict[str, str]:
        return {k: v for k, v in self.pairs if k.startswith("@")}

    @property
    def caller(self) -> str:
        return self.state.store.caller

    def option(self, name: str) -> str | None:
        return next((v for k, v in self.pairs if k == name), None)

    def wants(self, annotation: str) -> bool:
        """Whether `odata.include-annotations` asks for this one."""
        asked = self.prefer.get("odata.include-annotations")
        if asked is None:
            return False
        self._apply(f'odata.include-annotations="{asked}"')
        return any(fnmatchcase(annotation, a.strip()) for a in asked.split(","))

    @property
    def annotated(self) -> bool:
        return "odata.include-annotations" in self.prefer

    def _apply(self, preference: str) -> None:
        if preference not in self.applied:
            self.applied.append(preference)

    @property
    def representation(self) -> bool:
        found = self.prefer.get("return") == "representation"
        if found:
            self._apply("return=representation")
        return found

    @property
    def page_size(self) -> int | None:
        """`odata.maxpagesize`, at most 5000; None when not asked for."""
        text = self.prefer.get("odata.maxpagesize")
        if text is None:
            return None
        if not text.isdigit() or int(text) < 1:
            raise bad_syntax("The value of odata.maxpagesize must be a positive integer.")
        size = min(int(text), 5000)
        self.applied.append(f"odata.maxpagesize={size}")
        return size

    def json(self) -> dict[str, Any]:
        """The body as a JSON object."""
        kind = self.headers.get("content-type", "").lower()
        if not kind.startswith("application/json"):
            raise bad_payload(
                "A supported MIME type could not be found that matches the content type of the "
                f"request: '{kind}'."
            )
        try:
            found = json.loads(self.body.decode("utf-8"))
        except ValueError as error:
            raise bad_payload(f"The request body is no JSON: {error}") from None
        if not isinstance(found, dict):
            raise bad_payload("The request body must be a JSON object.")
        return found

    def answer(
        self, status: int, value: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """A JSON answer, or an empty one."""
        found = {"OData-Version": "4.0", **(headers or {})}
        if self.applied:
            found["Preference-Applied"] = ", ".join(self.applied)
        if value is None:
            return Answer(status, found, b"", self.operation)
        found.setdefault("Content-Type", JSON)
        body = value if isinstance(value, bytes) else dump(value)
        return Answer(status, found, body, self.operation)

    def entity_id(self, set_name: str, key: str) -> str:
        """The absolute address of a row."""
        return f"{self.api}{set_name}({key})"


def split_path(path: str) -> list[str]:
    """Segments of a raw path, decoded; slashes inside quotes or parentheses do not split."""
    found, depth, quoted, start = [], 0, False, 0
    text = unquote(path)
    for at, char in enumerate(text):
        if char == "'":
            quoted = not quoted
        elif not quoted and char in "()":
            depth += 1 if char == "(" else -1
        elif char == "/" and not quoted and depth == 0:
            found.append(text[start:at])
            start = at + 1
    found.append(text[start:])
    return [s for s in found if s]
