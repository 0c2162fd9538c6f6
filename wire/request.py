"""What every request of a person and every answer to one have in common."""

from typing import Annotated, Any, Literal

import msgspec

from wire.punch import UtcTime

RequestId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{1,64}\Z")]


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An answer to a request; `progress` may come any number of times before the last one."""

    request_id: str
    status: Literal["progress", "done", "refused", "failed"]
    at: UtcTime
    reason: str = ""
    body: Any = None
