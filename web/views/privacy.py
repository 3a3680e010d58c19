"""个人信息: a buyer asks what is kept of him, for his file, or to be forgotten; and who looked.

He is asked for by POST, so that his phone stands in no address. What is found is shown as counts,
dates and states: seeing the data itself is a reveal, and handing it out a record.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, abort, render_template, request

from station.domain.refusals import Code, Refusal
from station.domain.rights import Right
from station.services import chores, erasure, requests
from web import once, words
from web.door import station
from web.signin import needs, person

blueprint = Blueprint("privacy", __name__, url_prefix="/privacy")

_ASKED = ("phone", "name", "order_no")
WHYS = ("asked", "consent", "platform")
"""Why somebody's data is destroyed before its time."""


@blueprint.get("")
@needs(Right.PRIVACY)
def page() -> str:
    """The search, what fades when, and what was done."""
    return _page()


@blueprint.post("")
@needs(Right.PRIVACY)
def find() -> str | tuple[str, int]:
    """What is kept of the person with this phone, name or order."""
    asked = {name: request.form.get(name, "").strip()[:64] for name in _ASKED}
    if not any(asked.values()):
        abort(400, "whose")
    once.keep_nothing()
    ids = station().read(erasure.parcels_of, **asked)
    if not ids:
        return _page(refused=Refusal(Code.PRIVACY_NOBODY)), 404
    return _page(ids[-requests.MOST:])


@blueprint.post("/export")
@needs(Right.PRIVACY)
def export() -> Response:
    """His file, to be handed to him and to nobody else."""
    told = station().write(requests.hand_out, _chosen(), who=person().name)
    once.keep_nothing()
    if not told["parcels"]:
        abort(404, "number")
    text = json.dumps(told, ensure_ascii=False, indent=1)
    headers = {"Content-Disposition": 'attachment; filename="personal-data.json"'}
    return Response(text, mimetype="application/json", headers=headers)


@blueprint.post("/erase")
@needs(Right.PRIVACY)
def erase() -> str | tuple[str, int]:
    """Destroy it, or say what stands against that; all of what was chosen or nothing."""
    ids, why, door = _chosen(), request.form.get("why", ""), station()
    if why not in WHYS:
        abort(400, "why_erase")
    done = door.write(erasure.erase, ids, who=person().name, reason=why)
    if isinstance(done, Refusal):
        return _page(ids, refused=done), 409
    chores.empty_log(door.db)  # if not now, the clock tries again
    return _page(done=(done.id, dict(done.counts)))


def _chosen() -> list[int]:
    """The parcels that were ticked."""
    numbers = request.form.getlist("parcel")
    if not 0 < len(numbers) <= requests.MOST or not all(
            number.isascii() and number.isdigit() and len(number) < 10 for number in numbers):
        abort(400, "chosen")
    return [int(number) for number in numbers]


def _page(
    ids: Sequence[int] = (), *, refused: Refusal | None = None,
    done: tuple[int, dict[str, int]] | None = None,
) -> str:
    door, facts = station(), _facts()
    kept = door.read(requests.kept_of, ids, now=door.now()) if ids else ()
    return render_template(
        "privacy.html", kept=kept, people=len({each.person for each in kept}), whys=WHYS,
        refused=words.say(refused) if refused else None, done=done, **facts,
    )


def _facts() -> dict[str, Any]:
    door = station()
    config = door.config
    return {
        "looks": door.read(requests.looks), "erased": door.read(requests.erased),
        "most": config.privacy.reveals_an_hour, "years": erasure.RETENTION.days // 365,
        "photograph_days": config.photographs.keep_days,
        "archive_days": config.archive.after_days, "file_days": config.privacy.keep_files_days,
        "backup_days": config.backup.keep * config.backup.every_hours / 24,
    }
