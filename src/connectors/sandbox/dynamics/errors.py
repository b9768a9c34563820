"""Refusals in the shape of the Web API, raised anywhere and answered in one place."""

from __future__ import annotations


class Refused(Exception):
    """The service says no: HTTP status, platform code, message."""

    def __init__(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


class Unknown(Exception):
    """An operation this service does not simulate; answered 501."""


def no_segment(name: str) -> Refused:
    return Refused(404, "0x8006088a", f"Resource not found for the segment '{name}'.")


def no_property(name: str, table: str) -> Refused:
    return Refused(
        400,
        "0x0",
        f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{table}'.",
    )


def no_row(table: str, row_id: str) -> Refused:
    return Refused(404, "0x80040217", f"{table} With Id = {row_id} Does Not Exist")


def bad_syntax(detail: str = "Bad Request - Error in query syntax.") -> Refused:
    return Refused(400, "0x80060888", detail)


def bad_payload(detail: str) -> Refused:
    return Refused(
        400,
        "0x80048d19",
        f"Error identified in Payload provided by the user for Entity :'', {detail}",
    )


def undeclared(name: str) -> Refused:
    return bad_payload(
        f"An undeclared property '{name}' which only has property annotations in the payload but "
        "no property value was found in the payload. In OData, only declared navigation "
        "properties and declared named streams can be represented as properties without values."
    )
