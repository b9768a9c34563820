"""Recordings of real exchanges that hold no secret and nobody's address. Needs vcrpy.

```python
from connectors.testing.cassettes import recorder

recordings = recorder("tests/cassettes")

@recordings.use_cassette("accounts")
def test_my_account() -> None: ...
```

What goes into a cassette is scrubbed first: credentials, cookies, tokens and passwords are replaced by
`REDACTED`, e-mail addresses and names by pseudonyms. The same address has the same pseudonym wherever it
stands, in bodies, queries, paths and the parts of a batch, so that a recording still makes sense: who
was created is who is found. A request is scrubbed before it is looked for, too, so a test may go on
using the true address: from then on answers hold it, as it was sent, and of others the pseudonym.
"""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
import re
from collections.abc import Collection, Iterable, Mapping
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from ..errors import ConfigError

if TYPE_CHECKING:
    import vcr

REDACTED = "REDACTED"

MATCH_ON = ("method", "scheme", "host", "port", "path", "query")
"""What makes a request equal to a recorded one; equal ones are answered in their order."""

SECRET_HEADERS = {
    *("authorization", "proxy-authorization", "x-auth-token", "x-api-key", "api-key", "api-token"),
    *("ocp-apim-subscription-key", "cookie", "set-cookie"),
}

SECRET_FIELDS = {
    *("access_token", "refresh_token", "id_token", "client_secret", "client_assertion"),
    *("assertion", "password", "api_key", "apikey"),
}
"""Of JSON, forms and queries."""

SECRET_PARAMETERS = SECRET_FIELDS | {
    *("code", "code_verifier", "token", "sig", "signature"),
    *("x-amz-signature", "x-amz-credential", "x-amz-security-token"),
}
"""Of forms and queries, where a link carries its own permission too. In JSON a `code` is an error's
number."""

PERSONAL = {
    *("firstname", "middlename", "lastname", "fullname", "nickname", "username", "domainname"),
    *("yomifirstname", "yomimiddlename", "yomilastname", "yomifullname"),
    *("first_name", "last_name", "full_name"),
    *("phone", "mobile", "fax", "telephone1", "telephone2", "telephone3", "mobilephone"),
    *("street", "address1_line1", "address1_line2", "address1_line3", "address1_composite"),
    *("ipaddress", "note"),
}
"""Fields whose text is somebody's own, in lower case."""


def recorder(
    cassette_dir: str | PathLike[str],
    *,
    record_mode: str = "once",
    match_on: Iterable[str] = MATCH_ON,
    salt: str = "connectors",
    personal: Iterable[str] = (),
    domains: Iterable[str] = (),
) -> vcr.VCR:
    """A recorder whose cassettes are scrubbed; use it as vcrpy's documentation says.

    Args:
        cassette_dir: where cassettes are, as YAML.
        record_mode: "once" records what has no cassette yet, "none" never, "all" anew,
            "new_episodes" adds.
        match_on: vcrpy's names of what makes requests equal.
        salt: decides which pseudonym an address gets. Who knows it can test a guess, so where the
            addresses are real, take one that is not in the repository.
        personal: names of more fields to replace, such as "jobtitle".
        domains: hosts of accounts that cassettes should not name, such as
            "contoso.crm4.dynamics.com"; they are put back when a cassette is played. Ids of
            tenants and applications stay.

    Raises:
        ConfigError: vcrpy is missing.
    """
    try:
        import vcr
    except ModuleNotFoundError as missing:
        raise ConfigError(f"cassettes need {missing.name}: pip install 'connectors[vcr]'") from None
    personal = tuple(personal)
    scrub = _Scrubber(salt, personal)
    hidden = [pair for n, domain in enumerate(domains, 1) for pair in _hidden(n, domain)]

    class Cassette(vcr.cassette.Cassette):  # type: ignore[misc]
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self._asked = _Collector(salt, personal)

        def play_response(self, request: Any) -> Any:
            """With the addresses back that were sent so far."""
            self._asked.request(copy.deepcopy(request))
            return self._asked.restored(super().play_response(request))

    class Recorder(vcr.VCR):  # type: ignore[misc]
        def use_cassette(self, path: Any = None, **more: Any) -> Any:
            if callable(path):
                return self.use_cassette(**more)(path)
            made = super().use_cassette(path, **more)
            made.cls = Cassette
            return made

    return Recorder(
        cassette_library_dir=fspath(cassette_dir),
        path_transformer=vcr.VCR.ensure_suffix(".yaml"),
        record_mode=record_mode,
        match_on=tuple(match_on),
        before_record_request=scrub.request,
        before_record_response=scrub.response,
        decode_compressed_response=True,
        filter_sensitive_data=hidden,
    )


def _hidden(number: int, domain: str) -> Iterable[tuple[str, str]]:
    """What stands for a host in a cassette, also where it is encoded, as its port's colon is."""
    yield f"domain-{number}.invalid", domain
    coded = [quote(domain, safe=""), quote(quote(domain, safe=""), safe="")]
    coded += [re.sub("%(?:25)?[0-9A-F]{2}", lambda code: code[0].lower(), each) for each in coded]
    for times, text in enumerate(dict.fromkeys(coded), 1):
        if text != domain:
            yield f"domain-{number}-coded-{times}.invalid", text


def pseudonym(text: str, *, salt: str = "connectors") -> str:
    """What an address or a name is called in cassettes, for a test to compare with."""
    scrub = _Scrubber(salt, ())
    return scrub.text(text) if "@" in text else scrub.words(text)


# --- texts -----------------------------------------------------------------------------------

_OURS = re.compile(r"person-[0-9a-f]{10}@example\.invalid", re.IGNORECASE)
_ALIAS_OR_LINK = re.compile(rb'"https?://[^"]*"|' + _OURS.pattern.encode(), re.IGNORECASE)
_OUR_WORD = re.compile(r"Name-[0-9a-f]{8}")
_WHOLE = re.compile(r"""[^\s@()=,:;/<>"]+@[^\s@()=,:;/<>"'&]+\.[^\s@()=,:;/<>"'&]+""")
# With `%40` it never begins within `%3A`, and takes encoded letters that addresses have.
_ADDRESS = re.compile(
    r"(?:[\w.+%!#$*^`{|}~-]+@|(?<!%)(?<!%[0-9A-Fa-f])(?:[\w.+-]|%2[BbDdEe]|%5[Ff])+%40"
    # Encoded twice or more, as in paging cookies; it begins within no encoded letter either.
    r"|(?<!%)(?<!%[0-9A-Fa-f])(?<!%25)(?<!%25[0-9A-Fa-f])(?<!%2525)(?<!%2525[0-9A-Fa-f])"
    r"(?:[\w.+-]|%25(?:25)*(?:2[BbDdEe]|5[Ff]))+%25(?:25)*40)"
    r"[\w-]+(?:\.[\w-]+)+"
)
_CODED_AT = re.compile("%(?:25)*40")
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_FILTER = re.compile(
    r"\b(?P<field>\w+)(?P<between>\s+(?:eq|ne|gt|ge|lt|le)\s+|\s*[,=]\s*)(?P<literal>'(?:[^']|'')*')"
)
_AMONG = re.compile(
    r"""PropertyName=(?P<q>['"])(?P<field>\w+)(?P=q),PropertyValues=\[[^\]]*\]"""
    r"|\b(?P<field2>\w+)\s+in\s+\((?:'(?:[^']|'')*'|[\s,])*\)"
)
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"\\]|\\.)*[\"]""")
# What stands in a text that could not be read as JSON or a form, and in JSON within JSON.
_SECRET = re.compile(
    rf"""(?P<head>\b(?:{"|".join(sorted(SECRET_FIELDS))})\b(?:\\?["']\s*:\s*\\?["']|=))"""
    r"""(?P<value>[^"'\\&\s<>]+)""",
    re.IGNORECASE,
)
_ANNOTATION = re.compile(r"@(?:odata|Microsoft)\.", re.IGNORECASE)
_CONDITION = re.compile(r"<condition\b[^>]*>")
_ATTRIBUTE = re.compile(r"""\battribute=(["'])(?P<name>\w+)\1""")
_VALUE = re.compile(r"""(?P<head>\bvalue=(?P<mark>["']))(?P<value>[^"']*)(?P<tail>["'])""")
_IN_PATH = "'(),:;=!*$&@+~[]#"
_IN_QUERY = "'(),:;=!*$@~[]/?"
_PEOPLE = re.compile(r"/(?:gr_)?contacts(?=[/(?]|$)")
"""Paths of contacts, whose field `name` is a person's; elsewhere it is that of a list, a tag, …"""


class _Scrubber:
    """Replaces what a recording must not hold; what it has replaced before it leaves alone."""

    def __init__(self, salt: str, personal: Iterable[str]) -> None:
        self._salt = salt.encode()
        self._personal = PERSONAL | {name.lower() for name in personal}

    def _digest(self, text: str, length: int) -> str:
        return hmac.new(self._salt, text.encode(), hashlib.sha256).hexdigest()[:length]

    def address(self, text: str) -> str:
        """The pseudonym of an address; case does not count."""
        if _OURS.fullmatch(text):
            return text
        return f"person-{self._digest(text.lower(), 10)}@example.invalid"

    def words(self, text: str) -> str:
        """Word by word, so that a full name is still made of first and last name."""
        if "@" in text:
            text = self.text(text)
        return re.sub(r"\S+", lambda found: self._word(found[0]), text)

    def _word(self, word: str) -> str:
        if _OUR_WORD.fullmatch(word) or _OURS.fullmatch(word) or word == REDACTED:
            return word
        return f"Name-{self._digest(word, 8)}"

    def text(self, text: str) -> str:
        """Any text: its addresses, and the names that a query compares with."""
        if "@" in text or _CODED_AT.search(text):
            if _WHOLE.fullmatch(text) and "'" not in text[:1]:
                return self.address(text)
            text = _LITERAL.sub(lambda found: self._literal(found[0]), text)
            text = _ADDRESS.sub(lambda found: self._found(found[0]), text)
        if "=" in text or ":" in text:
            text = _SECRET.sub(lambda found: found["head"] + REDACTED, text)
        if "'" in text or '"' in text:
            text = _FILTER.sub(self._compared, text)
            text = _AMONG.sub(self._among, text)
            text = _CONDITION.sub(lambda found: self._condition(found[0]), text)
        return text

    def _found(self, text: str) -> str:
        if "@" in text:
            return self.address(text)
        plain, times = text, 0
        while "@" not in plain:
            plain, times = unquote(plain), times + 1
        done = self.address(plain)
        for _ in range(times):
            done = quote(done, safe="")
        return done

    def _literal(self, text: str) -> str:
        # Whole, since an address may hold what ends one elsewhere: o''brien@example.org.
        inner = text[1:-1].replace("''", "'")
        return f"'{self.address(inner)}'" if _WHOLE.fullmatch(inner) else text

    def _compared(self, found: re.Match[str]) -> str:
        if found["field"].lower() not in self._personal:
            return found[0]
        value = found["literal"][1:-1].replace("''", "'")
        return f"{found['field']}{found['between']}'{self.words(value)}'"

    def _among(self, found: re.Match[str]) -> str:
        field = found["field"] or found["field2"]
        if field.lower() not in self._personal:
            return found[0]
        head, mark, values = found[0].partition("[" if found["field"] else "(")
        return head + mark + _QUOTED.sub(lambda one: self._one_of(one[0]), values)

    def _one_of(self, literal: str) -> str:
        plain = literal[1:-1].replace("''", "'") if literal[0] == "'" else json.loads(literal)
        return f"{literal[0]}{self.words(plain)}{literal[0]}"

    def _condition(self, tag: str) -> str:
        name = _ATTRIBUTE.search(tag)
        if name is None or name["name"].lower() not in self._personal:
            return tag
        return _VALUE.sub(lambda v: v["head"] + self.words(v["value"]) + v["tail"], tag)

    # -- URLs ----------------------------------------------------------------------------------

    def url(self, text: str) -> str:
        """A URL: each segment of its path and each value of its query, decoded."""
        place, mark, query = text.partition("?")
        scheme, slashes, rest = place.rpartition("://")
        host, *segments = rest.split("/") if slashes else ("", *place.split("/"))
        # Encoded one way, so that the same path is equal however it was encoded.
        path = [quote(self.text(unquote(part)), safe=_IN_PATH) for part in segments]
        people = _PEOPLE.search(place) is not None
        pairs = [self._pair(pair, people, form=False) for pair in query.split("&")]
        start = [f"{scheme}{slashes}{host}"] if slashes else []
        return "/".join([*start, *path]) + mark + "&".join(pairs)

    def _pair(self, pair: str, people: bool, *, form: bool) -> str:
        """`name=value` of a query or a form; as it was where nothing in it changes."""
        raw_name, mark, raw = pair.partition("=")
        name = unquote(raw_name).lower()
        within = re.fullmatch(r"query\[(\w+)\]", name)
        field = within[1] if within else name
        if field in SECRET_PARAMETERS:
            return f"{raw_name}{mark}{REDACTED}" if raw else pair
        plain = unquote_plus(raw) if form else unquote(raw)
        own = field in self._personal or (people and field == "name")
        done = self.words(plain) if own else self.text(plain)
        if done == plain:
            return pair
        if form:
            return f"{raw_name}{mark}{quote_plus(done)}"
        return f"{raw_name}{mark}{quote(done, safe=_IN_QUERY + ('+' if '+' in raw else ''))}"

    # -- bodies --------------------------------------------------------------------------------

    def body(self, body: bytes, kind: str, people: bool = False) -> bytes:
        """A body of this content type."""
        if not body:
            return body
        boundary = re.search(r'boundary="?([^";\s]+)', kind)
        if kind.lower().startswith("multipart/") and boundary:
            return self._multipart(body, boundary[1].encode())
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            return self.text(body.decode("latin-1")).encode("latin-1")
        if kind.lower().startswith("application/x-www-form-urlencoded"):
            pairs = (self._pair(pair, False, form=True) for pair in text.split("&"))
            return "&".join(pairs).encode()
        try:
            value = json.loads(text.removeprefix("\ufeff"))
        except ValueError:
            return self.text(text).encode()
        done = self._value(value, people)
        if done == value:
            return body
        return json.dumps(done, ensure_ascii=False, separators=(",", ":")).encode()

    def _value(self, value: object, people: bool = False) -> object:
        if isinstance(value, str):
            return (
                self.url(value) if value.startswith(("https://", "http://")) else self.text(value)
            )
        if isinstance(value, list):
            return [self._value(item, people) for item in value]
        if not isinstance(value, dict):
            return value
        names = {name.lower() for name in value}
        # An object with an address is a person's, and so is what a contact's path was sent.
        people = people or any("email" in n or n in ("contactid", "gr_contactid") for n in names)
        own = self._personal | ({"name", "gr_name"} if people else set())
        if str(value.get("conditionType", "")).lower() in self._personal | {"name"}:
            own = own | {"value"}  # a search of GetResponse
        return {self._key(k): self._field(k.lower(), v, own) for k, v in value.items()}

    def _key(self, name: str) -> str:
        return name if _ANNOTATION.search(name) else self.text(name)

    def _field(self, name: str, value: object, own: Collection[str]) -> object:
        told = isinstance(value, str | list) or type(value) in (int, float)
        if told and (name in SECRET_FIELDS or name in SECRET_HEADERS):
            return REDACTED
        # How a lookup is shown: the name of the row it leads to.
        if name in own or (name.startswith("_") and name.endswith(".formattedvalue")):
            if isinstance(value, str):
                return self.words(value)
            if isinstance(value, list):
                return [self.words(v) if isinstance(v, str) else self._value(v) for v in value]
        return self._value(value)

    def _multipart(self, body: bytes, boundary: bytes) -> bytes:
        """Part by part: headers, an empty line, and a body or an HTTP message."""
        mark = b"--" + boundary
        first, *parts = body.split(mark)
        done = [first]
        for part in parts:
            head, line, content = part.partition(b"\r\n\r\n")
            if not line:  # what follows the last mark
                done.append(part)
                continue
            kind = _header(head, "content-type")
            bare = content.rstrip(b"\r\n")  # line ends before a mark belong to the mark
            scrub = self._message if kind.lower().startswith("application/http") else None
            clean = scrub(bare) if scrub else self.body(bare, kind)
            field = re.search(rb'\bname="([^"]*)"', head)
            if field and field[1].decode("utf-8", "replace").lower() in SECRET_PARAMETERS:
                clean = REDACTED.encode()
            done.append(head + line + clean + content[len(bare) :])
        return mark.join(done)

    def _message(self, message: bytes) -> bytes:
        """A request or an answer within a batch."""
        head, line, body = message.partition(b"\r\n\r\n")
        first, *headers = head.decode("utf-8", "replace").split("\r\n")
        people = _PEOPLE.search(first.split(" ")[1] if " " in first else "") is not None
        done = self.body(body, _header(head, "content-type"), people)
        lines = [" ".join(self.url(word) for word in first.split(" "))]
        for header in headers:
            name, colon, value = header.partition(":")
            if name.lower() == "content-length":
                value = f" {len(done)}"
            lines.append(f"{name}{colon} {self.header(name, value.strip())}")
        return "\r\n".join(lines).encode() + line + done

    # -- what vcrpy hands in -------------------------------------------------------------------

    def header(self, name: str, value: str) -> str:
        """The value of a header."""
        if name.lower() in SECRET_HEADERS:
            return REDACTED
        return self.url(value) if value.startswith(("https://", "http://")) else self.text(value)

    def request(self, request: Any) -> Any:
        """A request as vcrpy has it."""
        people = _PEOPLE.search(request.uri.partition("?")[0]) is not None
        kind = str(request.headers.get("content-type", ""))
        request.uri = self.url(request.uri)
        for name, value in list(request.headers.items()):
            request.headers[name] = self.header(name, str(value))
        if request.body:
            request.body = self.body(bytes(request.body), kind, people)
            if "content-length" in request.headers:
                request.headers["content-length"] = str(len(request.body))
        return request

    def response(self, response: dict[str, Any]) -> dict[str, Any]:
        """An answer as vcrpy has it; its body is decompressed already, where vcrpy can."""
        headers: Mapping[str, list[str]] = response["headers"]
        told = {name.lower(): values for name, values in headers.items()}
        coding = ", ".join(told.get("content-encoding", []))
        if coding not in ("", "identity"):
            raise ConfigError(
                f"a recorded answer is compressed as {coding!r}, which cannot be scrubbed: "
                "ask for gzip or deflate"
            )
        kind = "".join(told.get("content-type", [])[:1])
        body = self.body(response["body"]["string"] or b"", kind)
        kept: dict[str, list[str]] = {}
        for name, values in headers.items():
            if name.lower() == "content-length":
                kept[name] = [str(len(body))]
            elif name.lower() != "set-cookie":
                kept[name] = [self.header(name, value) for value in values]
        return {**response, "headers": kept, "body": {**response["body"], "string": body}}


class _Collector(_Scrubber):
    """Knows which addresses it has replaced, and puts them back."""

    def __init__(self, salt: str, personal: Iterable[str]) -> None:
        super().__init__(salt, personal)
        self._true: dict[str, str] = {}

    def address(self, text: str) -> str:
        alias = super().address(text)
        if alias != text:
            self._true[alias] = text
        return alias

    def restored(self, response: dict[str, Any]) -> dict[str, Any]:
        """A played answer with the true addresses in its body; its links stay as they were."""
        body: bytes = response["body"]["string"] or b""
        headers: Mapping[str, list[str]] = response["headers"]
        told = {name.lower(): values for name, values in headers.items()}
        as_json = "json" in "".join(told.get("content-type", []))

        def back(found: re.Match[bytes]) -> bytes:
            true = self._true.get(found[0].decode().lower())
            if true is None:
                return found[0]
            return (json.dumps(true, ensure_ascii=False)[1:-1] if as_json else true).encode()

        done = _ALIAS_OR_LINK.sub(back, body)
        if done == body:
            return response
        lengths = {n: [str(len(done))] for n in headers if n.lower() == "content-length"}
        return {
            **response,
            "headers": {**headers, **lengths},
            "body": {**response["body"], "string": done},
        }


def _header(head: bytes, name: str) -> str:
    """The value of a header in a block of them."""
    found = re.search(rf"(?im)^{name}:[ \t]*([^\r\n]*)".encode(), head)
    return found[1].decode("utf-8", "replace") if found else ""
