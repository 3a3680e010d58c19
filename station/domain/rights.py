"""Who may do what: five roles, and one table of what each may do.

A role holds the fewest rights that its work needs; what is named here for nobody is the manager's
alone. ``SEAT`` is what the bench's own computer may do before anybody signs in there: pack, as the
scanner at its cable does.
"""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody is in the shop. A manager may do everything."""

    PACKER = "packer"
    KEEPER = "keeper"
    COURIER = "courier"
    SERVICE = "service"
    MANAGER = "manager"


class Right(StrEnum):
    """One kind of thing that somebody does; each view and each service step asks for one."""

    HOME = "home"  # the first page: how the shop stands, in numbers
    PACK = "pack"  # scan and sign at a bench
    LOOK = "look"  # orders, parcels, their labels and histories
    ALARMS = "alarms"  # say that an alarm was seen
    PRINTS = "prints"  # say whether a label came out
    SETTLE = "settle"  # release a hold, settle an unclear row
    IMPORT = "import"  # read lists and exports
    HANDOVER = "handover"  # open a hand-over, scan its pile, take parcels back
    PILE = "pile"  # see the hand-over, enter the courier's figures, let him sign
    STUBS = "stubs"  # find stubs and manifests
    STOCK = "stock"  # receive goods and count them
    PICTURES = "pictures"  # take product pictures, measure garments
    CASES = "cases"  # claims, unreachable parcels, returns, exchanges
    REVEAL = "reveal"  # see a buyer's name, phone and address unmasked
    DEVICES = "devices"  # look after scales, scanners and printers
    ACCEPT = "accept"  # let pass what differs, in one's own name
    BILLS = "bills"  # carriers' bills and tariffs
    ARCHIVE = "archive"  # sign for sealed archives
    PRIVACY = "privacy"  # export and erase a buyer's data
    STAFF = "staff"  # people, their rights, their PINs, programs' keys
    MANAGE = "manage"  # whatever names no right of its own


_PACKER = frozenset({Right.HOME, Right.PACK, Right.LOOK, Right.ALARMS, Right.PRINTS})

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.PACKER: _PACKER,
    Role.KEEPER: _PACKER | {
        Right.IMPORT, Right.HANDOVER, Right.PILE, Right.STUBS, Right.STOCK, Right.CASES,
        Right.DEVICES, Right.PICTURES,
    },
    Role.COURIER: frozenset({Right.HOME, Right.PILE}),
    Role.SERVICE: frozenset({
        Right.HOME, Right.LOOK, Right.ALARMS, Right.SETTLE, Right.IMPORT, Right.STUBS,
        Right.CASES, Right.REVEAL,
    }),
    Role.MANAGER: frozenset(Right),
}
"""The one table of rights."""

SEAT: frozenset[Right] = frozenset({Right.HOME, Right.PACK})
"""What the bench's own computer may do while nobody is signed in there."""


def may(role: Role, right: Right) -> bool:
    """True if this role holds this right."""
    return right in RIGHTS[role]


def holders(right: Right) -> tuple[Role, ...]:
    """The roles that hold a right, those of the fewest rights first."""
    found = [role for role in Role if right in RIGHTS[role]]
    return tuple(sorted(found, key=lambda role: len(RIGHTS[role])))
