"""Meta's Graph API as the sandbox speaks it: what Facebook and Instagram share.

The ``fields`` parameter is parsed as Meta documents it (developers.facebook.com, "Field Expansion"): an edge may
stand among the fields, with modifiers and fields of its own. Lists come with the addresses of the pages before and
after, which carry the token, as Meta's do.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from orchestration.sandbox.ministry import Account, Ministry, Post
from orchestration.sandbox.paging import BadCursor, page
from orchestration.sandbox.server import Answer, Call, FaultKind, Limit, Refused

VERSIONS = tuple(f"v{number}.0" for number in range(22, 27))
MOST_PER_PAGE = 100
GRAPH = "https://graph.example.org"

Node = Mapping[str, Callable[["Asked"], Any]]
"""What an object has: its fields and edges, each with what it says when it is asked for."""


@dataclass(frozen=True)
class Asked:
    """One item of ``fields``: ``reactions.type(LIKE).limit(0).as(likes){id}``."""

    name: str
    modifiers: Mapping[str, str]
    fields: tuple["Asked", ...]

    @property
    def alias(self) -> str:
        return self.modifiers.get("as", self.name)

    @property
    def words(self) -> list[str]:
        """What the edge ``insights`` is asked for."""
        return [word for word in self.modifiers.get("metric", "").split(",") if word]


class BadFields(ValueError):
    """A ``fields`` parameter that does not parse; the message is where."""


def parsed(fields: str) -> tuple[Asked, ...]:
    """The items of a ``fields`` parameter. Raises BadFields."""
    items, rest = _items(fields)
    if rest:
        raise BadFields(rest)
    return items


def _items(text: str) -> tuple[tuple[Asked, ...], str]:
    items = []
    while True:
        name = re.match(r"[A-Za-z_]\w*", text)
        if name is None:
            raise BadFields(text)
        text, modifiers, fields = text[name.end() :], {}, ()
        while modifier := re.match(r"\.(\w+)\(([^()]*)\)", text):
            modifiers[modifier[1]] = modifier[2]
            text = text[modifier.end() :]
        if text.startswith("{"):
            fields, text = _items(text[1:])
            if not text.startswith("}"):
                raise BadFields(text)
            text = text[1:]
        items.append(Asked(name[0], modifiers, fields))
        if not text.startswith(","):
            return tuple(items), text
        text = text[1:]


class Meta:
    """One of Meta's platforms over a ministry; a platform of ``server.Sandbox``."""

    name: str
    # Of an app, per user and hour (developers.facebook.com, "Rate Limits").
    limit = Limit(200, 3600)

    def __init__(self, ministry: Ministry):
        self._ministry = ministry

    def settings(self, base_url: str, token: str) -> dict[str, Any]:
        return {f"{self.name}_base_url": base_url, "meta_access_token": SecretStr(token)}

    def is_authorised(self, headers: Mapping[str, str], token: str) -> bool:
        return bearer(headers) == token

    def refusal(self, status: int) -> Answer:
        """Meta's codes say what is wrong; its status is 400 for nearly everything that is not its own fault."""
        code, message, status = {
            401: (190, "Error validating access token: the session is invalid or was ended", 401),
            404: (2500, "Unknown path components", 400),
            429: (4, "(#4) Application request limit reached", 400),
            500: (1, "An unknown error occurred", 500),
            503: (2, "Service temporarily unavailable", 503),
        }[status]
        return _error(code, message, status=status)

    def limit_headers(self, limit: int, remaining: int, reset: int) -> dict[str, str]:
        used = 100 * (limit - remaining) // limit
        return {"X-App-Usage": f'{{"call_count":{used},"total_cputime":{used // 2},"total_time":{used // 3}}}'}

    def me(self, call: Call) -> dict[str, Any]:
        """Whom the token belongs to."""
        known(call, "fields")
        return shown(values(id="122100000000000001", name="Sifarat (system user)"), "User", fields_of(call))

    def _posts(self, account: Account, call: Call) -> tuple[list[Post], str | None]:
        """One page of the account's timeline and the cursor of the next."""
        known(call, "fields", "limit", "since", "until", "after")
        since, until = (moment(call, name) for name in ("since", "until"))
        try:
            return page(self._ministry, account, call, size(call), call.query.get("after"), since, until)
        except BadCursor:
            raise refused(100, "(#100) Invalid cursor") from None


def bearer(headers: Mapping[str, str]) -> str:
    return headers.get("authorization", "").removeprefix("Bearer ")


def fields_of(call: Call) -> tuple[Asked, ...]:
    try:
        return parsed(call.query.get("fields", "id"))
    except BadFields as error:
        raise refused(2500, f"Syntax error near {error!s:.40}") from None


def shown(node: Node, kind: str, fields: Sequence[Asked]) -> dict[str, Any]:
    """The fields and edges of an object that are asked for, and its id always; those without a value are left out."""
    for asked in fields:
        if asked.name not in node:
            raise refused(100, f"(#100) Tried accessing nonexisting field ({asked.name}) on node type ({kind})")
    told = {asked.alias: node[asked.name](asked) for asked in fields}
    if "id" in node and "id" not in told:
        told["id"] = node["id"](Asked("id", {}, ()))
    return {name: value for name, value in told.items() if value is not None}


def values(**fields: Any) -> Node:
    """An object's plain fields, which take no modifier."""
    return {name: _plain(value) for name, value in fields.items()}


def _plain(value: Any) -> Callable[[Asked], Any]:
    def told(asked: Asked) -> Any:
        if asked.modifiers or asked.fields:
            raise refused(100, f"(#100) Cannot query fields or modifiers on the scalar ({asked.name})")
        return value

    return told


def counted(call: Call, total: Callable[[str], int | None], kinds: Sequence[str] = ()) -> Callable[[Asked], Any]:
    """An edge of which only the number is asked for: ``limit(0).summary(total_count)``. ``total`` counts one kind of
    ``kinds``, or everything when it is given an empty text."""

    def told(asked: Asked) -> Any:
        kind = asked.modifiers.get("type", "")
        if (kind and kind not in kinds) or asked.modifiers.get("limit") != "0":
            raise refused(100, f"(#100) Param type must be one of {{{', '.join(kinds)}}} and limit 0 in the sandbox")
        if asked.modifiers.get("summary") not in ("total_count", "true", "1"):
            return {"data": []}
        summary = {"total_count": total(kind)}
        return {"data": [], "paging": {"next": address(call, asked.name, "after")}, "summary": summary}

    return told


def insights(
    call: Call, figures: Mapping[str, Any], periods: Mapping[str, str], object_id: str, kind: str = ""
) -> Callable[[Asked], Any]:
    """The edge ``insights``: the metrics asked for, of those in ``figures``, whose periods are in ``periods``.

    One name that is none fails the whole request; where it is none of only this ``kind`` of media, Meta says so. A
    fault's ``field`` is such a name, or ``REELS.views`` for one kind's.
    """

    def told(asked: Asked) -> Any:
        if not asked.words:
            raise refused(3001, "(#3001) No metric was specified to be fetched", subcode=1504028)
        unknown = [word for word in asked.words if word not in figures or _is_retired(call, word, kind)]
        if unknown and kind:
            raise refused(
                100,
                f"(#100) The Media Insights API does not support the {', '.join(unknown)} metric for this media "
                "product type.",
            )
        if unknown:
            raise refused(100, "(#100) The value must be a valid insights metric")
        data = [
            {
                "name": word,
                "period": asked.modifiers.get("period", periods[word]),
                "values": figures[word] if isinstance(figures[word], list) else [{"value": figures[word]}],
                "title": word.replace("_", " "),
                "id": f"{object_id}/insights/{word}/{periods[word]}",
            }
            for word in asked.words
            # What Meta does not know is not in the answer.
            if figures[word] is not None
        ]
        names = {field.name for field in asked.fields} | {"id"}
        if asked.fields:
            data = [{name: value for name, value in insight.items() if name in names} for insight in data]
        return {"data": data, "paging": {name: address(call, "insights", name) for name in ("previous", "next")}}

    return told


def _is_retired(call: Call, metric: str, kind: str) -> bool:
    return call.commits(FaultKind.RETIRED_METRIC, metric, f"{kind}.{metric}")


def listed(call: Call, items: list[dict], following: str | None) -> dict[str, Any]:
    """A page of a list. The last has a cursor too, and no address of a next page."""
    if not items and following is None:
        return {"data": []}
    cursors = {"before": "QVFIUbefore", "after": following or "QVFIUlast"}
    further = {"next": address(call, "", following)} if following else {}
    back = {"previous": address(call, "", "before")} if "after" in call.query else {}
    return {"data": items, "paging": {"cursors": cursors, **further, **back}}


def address(call: Call, edge: str, cursor: str) -> str:
    """A further page's address, which carries the token of who asks."""
    return f"{GRAPH}/{call.path['version']}/{edge}?access_token={bearer(call.headers)}&limit=25&after={cursor}"


def answered(handler: Callable[[Call], Any]) -> Callable[[Call], Answer]:
    """A route below a version that the sandbox knows."""

    def answer(call: Call) -> Answer:
        if call.path["version"] not in VERSIONS:
            raise refused(2500, f"Unknown path components: /{call.path['version']}")
        return Answer(handler(call))

    return answer


def known(call: Call, *parameters: str) -> None:
    for name in call.query:
        if name not in parameters:
            raise refused(100, f"(#100) {name} is no parameter of this edge")


def size(call: Call) -> int:
    told = call.query.get("limit", "25")
    if not told.isdecimal() or not 1 <= int(told) <= MOST_PER_PAGE:
        raise refused(100, f"(#100) Param limit must be a number from 1 to {MOST_PER_PAGE}")
    return int(told)


def moment(call: Call, name: str) -> datetime | None:
    told = call.query.get(name)
    if told is None:
        return None
    if not told.isdecimal():
        raise refused(100, f"(#100) Param {name} must be a Unix timestamp")
    return datetime.fromtimestamp(int(told), UTC)


def gone(object_id: str) -> Refused:
    return refused(
        100,
        f"Unsupported get request. Object with ID '{object_id}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation",
        subcode=33,
        kind="GraphMethodException",
    )


def refused(code: int, message: str, *, subcode: int | None = None, kind: str = "OAuthException") -> Refused:
    return Refused(_error(code, message, subcode=subcode, kind=kind))


def _error(
    code: int, message: str, *, subcode: int | None = None, kind: str = "OAuthException", status: int = 400
) -> Answer:
    error = {"message": message, "type": kind, "code": code, "fbtrace_id": "AsYnThEtIcTrAcE0000000"}
    return Answer({"error": error | ({"error_subcode": subcode} if subcode else {})}, status)


def told_time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}+0000"
