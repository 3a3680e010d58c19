"""The bench's state as the view its screen shows: values only, no words."""

from __future__ import annotations

from station.bench.standing import Asking, Standing
from station.domain.parcel import ParcelState
from station.domain.refusals import Code
from station.domain.screen import ItemView, ParcelView, Step, WeightView
from station.domain.verification import Line, to_measure
from station.domain.vocabulary import Message
from station.domain.weights import PanWatch, TakenWeight
from station.services.contents import OpenParcel
from station.services.rules import Rules
from station.services.weighing import expected_of

_ASKED = {Asking.MANAGER: Step.MANAGER, Asking.CHECK: Step.CHECK}


def step_of(standing: Standing) -> Step:
    """What the packer has to do now: what is asked for, else where the parcel stands."""
    if standing.asking is not None:
        return _ASKED.get(standing.asking, Step.REASON)
    return parcel_step(standing.parcel)


def parcel_step(parcel: OpenParcel | None) -> Step:
    """The step that a parcel's own state asks for; it needs nothing but the records."""
    if parcel is None:
        return Step.IDLE
    if parcel.state is ParcelState.STOPPED:
        return Step.APART
    if parcel.state is ParcelState.WEIGHED:
        return Step.SIGN
    return _packed_step(parcel) if parcel.state is ParcelState.PACKED else _packing_step(parcel)


def _packing_step(parcel: OpenParcel) -> Step:
    if parcel.note_due:
        return Step.NOTE
    return Step.MEASURE if to_measure(parcel.lines) is not None else Step.ITEMS


def _packed_step(parcel: OpenParcel) -> Step:
    if parcel.material is None and parcel.proposed is not None:
        return Step.MATERIAL
    if not parcel.checklist_done:
        return Step.CHECKLIST
    return Step.WEIGHT_OFF if parcel.off is not None else Step.WEIGH


def prompt_of(standing: Standing) -> Message:
    """The one thing to do next, with what its sentence needs."""
    if standing.locked:
        return Message("prompt.locked")
    step, parcel = step_of(standing), standing.parcel
    if standing.signer is not None:
        code = "prompt.manager_pin" if step is Step.MANAGER else "prompt.sign_pin"
        return Message(code, {"name": standing.signer.name})
    if step is Step.REASON:
        why = "accept" if standing.asking is Asking.ACCEPT_REASON else "reprint"
        return Message("prompt.reason", {"why": why})
    if step is Step.CHECK:
        return Message("prompt.check", {"known_g": standing.known_g})
    if parcel is None or step is Step.MANAGER:
        return Message(f"prompt.{step}")
    return _parcel_prompt(standing, step, parcel)


def _parcel_prompt(standing: Standing, step: Step, parcel: OpenParcel) -> Message:
    if step is Step.ITEMS and standing.counting:
        return Message("prompt.items_quantity", {"entry": standing.entry})
    if standing.defecting:
        return Message("prompt.items_defect")
    return Message(f"prompt.{step}", _prompt_facts(step, parcel))


def _prompt_facts(step: Step, parcel: OpenParcel) -> dict[str, str | int] | None:
    if step is Step.ITEMS:
        return _next_item(parcel)
    if step is Step.NOTE:
        return {"orders": parcel.orders, "flag": parcel.flag}
    if step is Step.MEASURE:
        line = to_measure(parcel.lines)
        return _named(line) | {"waist_mm": line.waist_mm or 0} if line is not None else None
    if step is Step.MATERIAL and parcel.proposed is not None:
        return {"proposed": parcel.proposed.code, "name": parcel.proposed.name}
    if step is Step.WEIGHT_OFF and parcel.off is not None:
        return {"diff_g": parcel.off.grams - (parcel.off.expected_g or 0)}
    return None


def _next_item(parcel: OpenParcel) -> dict[str, str | int]:
    """The first item still missing, in the order of places (I3)."""
    missing = [line for line in parcel.lines if line.missing]
    facts: dict[str, str | int] = {"missing": sum(line.missing for line in missing)}
    if missing:
        following = min(missing, key=lambda line: (line.location == "", line.location))
        facts |= _named(following) | {"location": following.location}
    return facts


def _named(line: Line) -> dict[str, str | int]:
    article = line.article
    return {"item_no": article.item_no, "color": article.color, "size": article.size}


def parcel_view(parcel: OpenParcel, rules: Rules, explanation: tuple[Message, ...]) -> ParcelView:
    """The parcel for the screen."""
    should = expected_of(parcel, rules)
    return ParcelView(
        id=parcel.id, waybill_no=parcel.waybill_no, carrier=parcel.carrier,
        state=str(parcel.state), receiver=parcel.receiver, note=parcel.note, flag=parcel.flag,
        orders=parcel.orders, deadline=parcel.deadline,
        items=tuple(_item(line) for line in parcel.lines),
        packaging=parcel.material.code if parcel.material else "",
        checklist=parcel.checklist,
        expected_g=should.grams, tolerance_g=should.tolerance_g,
        weight_g=parcel.off.grams if parcel.off else parcel.weight_g,
        explanation=explanation,
    )


def _item(line: Line) -> ItemView:
    article = line.article
    return ItemView(
        article.code, article.item_no, article.color, article.size, line.title, line.location,
        line.picture, line.needed, line.packed, line.waist_mm, line.measured_mm, line.batch_note,
    )


def weight_view(pan: PanWatch | None, step: Step, now: float) -> WeightView:
    """The scale as it is at monotonic ``now``; while weighing, also whether it may be taken."""
    if pan is None:
        return WeightView("none")
    problem, grams = pan.current(now)
    if problem is None and step in (Step.WEIGH, Step.WEIGHT_OFF, Step.CHECK):
        verdict = pan.verdict(now)
        problem = None if isinstance(verdict, TakenWeight) else verdict.code
    if problem is None:
        return WeightView("ok", grams)
    return WeightView("settling" if problem is Code.WEIGHT_MOTION else str(problem), grams)
