"""How a pushing terminal writes its users: one line of fields each."""

from collections.abc import Mapping

from simulators.terminal.records import User

_LONGEST_NAME = 24


def fields_of(user: User) -> str:
    """A user as an upload tells it; a card stands there byte by byte, the lowest first."""
    card = f"[{user.card.to_bytes(4, 'little').hex().upper()}]" if user.card else ""
    name = user.name.encode()[:_LONGEST_NAME].decode(errors="ignore")
    return (
        f"PIN={user.user_id}\tName={name}\tPri={user.privilege}\tPasswd={user.password}\tCard={card}\tGrp=1"
    )


def user_of(fields: Mapping[str, str], uid: int) -> User:
    """A user as a command gives it; what is missing is empty."""
    card = fields.get("Card", "")
    number = int.from_bytes(bytes.fromhex(card[1:-1]), "little") if card.startswith("[") else int(card or 0)
    return User(
        uid,
        fields["PIN"],
        fields.get("Name", ""),
        int(fields.get("Pri", "") or 0),
        number,
        fields.get("Passwd", ""),
    )
