"""What the bench does with each scan, touch and reading, one after the other; no thread here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from drivers.interfaces import SEVERAL, DeviceState, Health, NoRead, Reading
from station.bench.checking import UNFIT, Checking
from station.bench.shown import parcel_view, prompt_of, weight_view
from station.bench.standing import Asking
from station.domain.commands import (
    BADGE_PREFIX,
    CASE_PREFIX,
    COMMAND_PREFIX,
    ONE_TIME_PREFIX,
    PACKAGING_PREFIX,
    REASON_PREFIX,
    Command,
    command_of,
)
from station.domain.parcel import ParcelState
from station.domain.record_codes import record_of
from station.domain.refusals import Code, Refusal
from station.domain.screen import BenchView, DeviceView, Mood, Step
from station.domain.verification import to_measure, typed_waist
from station.domain.weights import TakenWeight
from station.services import consumables, contents, items, packing, weighing
from station.services.contents import OpenParcel
from station.services.items import Scanned
from station.services.photographs import Moment

_WEIGHING = (Step.WEIGH, Step.WEIGHT_OFF)


class Flow(Checking):
    """The bench's whole behaviour."""

    # --- Scans ----------------------------------------------------------------------------------

    def scan(self, code: str, device: str = "") -> None:
        """Answer one barcode, from a scanner, a keyboard or a button."""
        code = code.strip()
        self.standing.busy_at = self.monotonic()
        command = command_of(code)
        if self.standing.locked and command is not Command.OK:
            self.refuse_scan(code, Code.BENCH_ACKNOWLEDGE_FIRST)
        elif command is not None:
            self._command(command, code)
        elif code.startswith((COMMAND_PREFIX, CASE_PREFIX)):
            self.refuse_scan(code, Code.BENCH_UNKNOWN_COMMAND)
        elif acts := [act for prefix, act in _ANSWERS.items() if code.startswith(prefix)]:
            acts[0](self, code)
        elif (about := record_of(code)) is not None:
            kind, _, key = about.partition(":")
            self.answer(Mood.INFO, "record.scanned", {"slip_kind": kind, "key": key, "code": code})
        elif (why := self._out_of_role(code, device)) is not None:
            self.refuse_scan(code, why)
        elif code:
            self._goods_or_waybill(code)

    def no_read(self, event: NoRead) -> None:
        """The scanner saw nothing it could read; a locked screen stays as it is."""
        if not self.standing.locked:
            several = event.reason == SEVERAL
            code = Code.BENCH_SEVERAL_LABELS if several else Code.BENCH_NO_READ
            self.answer(Mood.WARN, code, {"reason": event.reason})

    def _command(self, command: Command, code: str) -> None:
        if command in _DIGITS:
            self.digit(code, command.value)
            return
        act = _COMMANDS.get(command)
        if act is None:  # a command of the returns' table
            self.refuse_scan(code, Code.BENCH_NOT_NOW)
        else:
            act(self, code)

    def _out_of_role(self, code: str, device: str) -> Code | None:
        """Why this scanner is not for this code, None if it is: a role keeps mistakes apart."""
        role, parcel = self.settings.roles.get(device), self.parcel
        if role == "items" and parcel is None and code:
            return Code.BENCH_ITEMS_ONLY
        others = role == "waybills" and parcel is not None and code != parcel.waybill_no
        if others and self.read(packing.number_state, code) is None:
            return Code.BENCH_WAYBILLS_ONLY
        return None

    def _goods_or_waybill(self, code: str) -> None:
        if self.standing.asking is not None or self.standing.signer is not None:
            self.refuse_scan(code, Code.BENCH_NOT_NOW)
        elif self.parcel is None:
            self._open(code)
        elif code == self.parcel.waybill_no:
            self.answer(Mood.INFO, "waybill.again", {"waybill_no": code})
        elif self.standing.defecting:
            self._defect(self.parcel, code)
        else:
            self._item(self.parcel, code)

    # --- The waybill ----------------------------------------------------------------------------

    def _open(self, code: str) -> None:
        opened: OpenParcel | Refusal = self.step_with(
            packing.open_parcel, code, rules=self.rules
        )
        self.standing.forget()
        if isinstance(opened, Refusal):
            self._not_opened(code, opened)
            return
        self.standing.parcel, self.standing.subject = opened, None
        self.standing.opened_at = self.monotonic()
        begun = any(line.packed for line in opened.lines)
        pieces = sum(line.needed for line in opened.lines)
        self.answer(
            Mood.GOOD, "waybill.resumed" if begun else "waybill.opened",
            {"waybill_no": opened.waybill_no, "pieces": pieces, "orders": opened.orders},
        )

    def _not_opened(self, code: str, refusal: Refusal) -> None:
        subject = refusal.facts.get("parcel_id")
        self.standing.subject = subject if isinstance(subject, int) else None
        if refusal.code is Code.WAYBILL_UNKNOWN and (goods := self.read(items.goods_first, code)):
            refusal = Refusal(Code.PARCEL_NONE_OPEN, goods)
        self.refuse(refusal)
        if refusal.code is Code.WAYBILL_STOPPED:
            self.standing.parcel = self.read(contents.open_at, self.name)

    # --- Items ----------------------------------------------------------------------------------

    def _item(self, parcel: OpenParcel, code: str) -> None:
        quantity = self._counted()
        if quantity == 0:
            self.refuse_scan(code, Code.BENCH_NOT_NOW)
            return
        result: Scanned | Refusal = self.step_with(
            items.scan_item, parcel.id, code, quantity=quantity
        )
        if isinstance(result, Refusal):
            self.refuse(self._or_waybill(code, result))
            return
        self._take_over(parcel, result.parcel)
        article = result.line.article
        facts: dict[str, str | int] = {
            "sku": article.code, "item_no": article.item_no, "color": article.color,
            "size": article.size, "packed": result.line.packed, "quantity": result.line.quantity,
            "count": quantity,
        }
        if result.completed:
            self._completed(parcel, facts)
        else:
            self.answer(Mood.GOOD, "item.right", facts)

    def _counted(self) -> int:
        """How many pieces the next item stands for; 0 if nonsense was entered."""
        standing = self.standing
        count = int(standing.entry) if standing.counting and standing.entry else 1
        if standing.counting:
            standing.counting, standing.entry = False, ""
        return count

    def _take_over(self, before: OpenParcel, after: OpenParcel) -> None:
        """The lines and the state as the step left them; what else is shown stays."""
        undone: dict[str, Any] = {}
        if after.state is ParcelState.PACKING:
            undone = {"checklist_done": False, "weight_g": None, "off": None}
            self.standing.explanation = ()
        self.standing.parcel = replace(before, lines=after.lines, state=after.state, **undone)

    def _or_waybill(self, code: str, refusal: Refusal) -> Refusal:
        """An unknown article may be another parcel's waybill: that has its own answer."""
        if refusal.code is not Code.ITEM_UNKNOWN:
            return refusal
        state = self.read(packing.number_state, code)
        if state is None or self.parcel is None:
            return refusal
        if state == "voided":
            return Refusal(Code.WAYBILL_VOID, {"waybill_no": code})
        return Refusal(Code.WAYBILL_OTHER_OPEN, {"waybill_no": self.parcel.waybill_no})

    def _defect(self, parcel: OpenParcel, code: str) -> None:
        self.standing.defecting = False
        line = self.step_with(items.defect, parcel.id, code)
        if isinstance(line, Refusal):
            self.refuse(line)
            return
        self.drop()
        article = line.article
        self.answer(Mood.WARN, Code.ITEM_DEFECT, {
            "sku": article.code, "item_no": article.item_no, "color": article.color,
            "size": article.size,
        })

    def _measure(self, number: int) -> None:
        parcel = self.parcel
        line = to_measure(parcel.lines) if parcel is not None else None
        self.standing.entry = ""
        if parcel is None or line is None:
            self.refuse(Refusal(Code.BENCH_NOT_NOW))
            return
        measured = self.step_with(
            items.measure, parcel.id, typed_waist(number, line), rules=self.rules
        )
        if isinstance(measured, Refusal):
            self.refuse(measured)
            return
        self._take_over(parcel, measured.parcel)
        facts: dict[str, str | int] = {"measured_mm": measured.waist_mm}
        if measured.confirmed_mm is None:
            self.answer(Mood.WARN, "measure.unconfirmed", facts)
        elif measured.completed:
            self._completed(parcel, facts)
        else:
            self.answer(Mood.GOOD, "measure.right", facts)

    def _completed(self, parcel: OpenParcel, facts: dict[str, str | int]) -> None:
        """All is in, and the parcel still open: the moment for a picture of what is in it."""
        self.witnessed(Moment.OPEN, parcel.id)
        self.answer(Mood.DONE, "parcel.complete", facts)

    # --- Packaging ------------------------------------------------------------------------------

    def _material(self, code: str) -> None:
        if self.parcel is None or self.standing.asking is not None:
            self.refuse_scan(
                code, Code.PARCEL_NONE_OPEN if self.parcel is None else Code.BENCH_NOT_NOW
            )
            return
        self._choose(self.parcel, code.removeprefix(PACKAGING_PREFIX))

    def _choose(self, parcel: OpenParcel, packaging: str) -> None:
        chosen = self.step_with(consumables.choose, parcel.id, packaging)
        if isinstance(chosen, Refusal):
            self.refuse(chosen)
            return
        self.standing.parcel = chosen
        name = chosen.material.name if chosen.material is not None else packaging
        self.answer(Mood.GOOD, "material.chosen", {"code": packaging, "name": name})

    # --- Weighing -------------------------------------------------------------------------------

    def reading(self, reading: Reading) -> None:
        """A frame of the scale; nothing is written until a weight is taken."""
        if self.pan is not None:
            self.pan.feed(reading)

    def weigh_if_ready(self, monotonic: float) -> bool:
        """Take the weight by itself when it is due and good. True if one was taken."""
        if self.pan is None or self.standing.locked:
            return False
        if self.standing.asking is Asking.CHECK:
            return self.check_if_ready(self.pan, monotonic)
        if self.standing.asking is not None or self.step not in _WEIGHING:
            return False
        verdict = self.pan.verdict(monotonic)
        if isinstance(verdict, Refusal):
            return False
        self._weigh(verdict)
        return True

    def weigh_now(self, code: str, monotonic: float) -> None:
        """PBCMD-WEIGH: take the weight, or say why there is none."""
        parcel = self.parcel
        if parcel is None or parcel.state not in (ParcelState.PACKED, ParcelState.WEIGHED):
            self.refuse_scan(
                code, Code.PARCEL_NONE_OPEN if parcel is None else Code.PARCEL_NOT_PACKED
            )
            return
        verdict = self.pan.verdict(monotonic) if self.pan else Refusal(Code.WEIGHT_SILENT)
        if isinstance(verdict, Refusal):
            self.refuse(verdict)
        else:
            self._weigh(verdict)

    def _weigh(self, taken: TakenWeight) -> None:
        parcel, pan = self.parcel, self.pan
        if parcel is None or pan is None:
            return
        self.standing.forget()
        result = self.step_with(weighing.weigh, parcel.id, taken, rules=self.rules)
        if isinstance(result, Refusal) and result.code is not Code.WEIGHT_OFF:
            if result.code in UNFIT:
                pan.taken(taken)  # said once, not ten times a second
            self.refuse(result)
            return
        pan.taken(taken)  # only now: a weight that was not booked may be taken again
        if isinstance(result, Refusal):
            self.standing.parcel = self.read(contents.read, parcel.id)
            self._explain()
            self.refuse(result)
            return
        self.standing.parcel, self.standing.explanation = result.parcel, ()
        self.witnessed(Moment.WEIGHED, parcel.id)
        compared = result.expected.grams is not None
        self.answer(
            Mood.DONE if compared else Mood.WARN,
            "weight.taken" if compared else "weight.not_compared", {"grams_g": taken.grams},
        )

    # --- Commands -------------------------------------------------------------------------------

    def _ok(self, code: str) -> None:
        standing = self.standing
        if standing.locked:
            standing.locked = False
            self.answer(Mood.INFO, "bench.acknowledged")
            self.look_again()
            held = self.parcel is not None and self.parcel.held
            if held and not standing.locked:  # seen and acknowledged: the parcel waits elsewhere
                self._next(code)
        elif self.step is Step.NOTE and self.parcel is not None:
            self._after(self.step_with(packing.acknowledge_note, self.parcel.id), "note.read")
        elif self.step is Step.APART and self.parcel is not None:
            ended = self.step_with(packing.take_apart, self.parcel.id, rules=self.rules)
            self.drop()
            self.answer(Mood.DONE, "parcel.apart", {"ended": ended})
        else:
            self.answer(Mood.INFO, "bench.acknowledged")

    def _after(self, result: OpenParcel | Refusal, code: str) -> None:
        """Show the parcel as the step left it, or why the step was refused."""
        if isinstance(result, Refusal):
            self.refuse(result)
            return
        self.standing.parcel = result
        self.answer(Mood.GOOD, code)

    def _done(self, code: str) -> None:
        parcel = self.parcel
        if self.standing.signer is not None:
            self.enter_pin()
        elif self.step is Step.MANAGER and self.standing.entry:
            self.one_time(self.standing.entry)
        elif self.step is Step.MEASURE and self.standing.entry:
            self._measure(int(self.standing.entry))
        elif self.step is Step.MATERIAL and parcel is not None and parcel.proposed is not None:
            self._choose(parcel, parcel.proposed.code)
        elif self.step is Step.CHECKLIST and parcel is not None:
            checked = self.step_with(consumables.confirm_checklist, parcel.id)
            self._after(checked, "checklist.done")
        elif self.step is Step.ITEMS and parcel is not None:
            missing = sum(line.missing for line in parcel.lines)
            self.refuse(Refusal(Code.PARCEL_INCOMPLETE, {"missing": missing}))
        elif self.step is Step.MEASURE:
            self.refuse_scan(code, Code.MEASURE_NEEDED)
        else:
            self.refuse_scan(code, Code.BENCH_NOT_NOW)

    def _undo(self, code: str) -> None:
        if self.standing.entry:
            self.standing.entry = self.standing.entry[:-1]
            self.answer(Mood.INFO, "entry.undone", {"entry": self.shown_entry()})
        elif self.standing.forget():
            self.answer(Mood.INFO, "question.left")
        elif self.parcel is None:
            self.refuse_scan(code, Code.PARCEL_NONE_OPEN)
        else:
            self._take_out(self.parcel)

    def _take_out(self, parcel: OpenParcel) -> None:
        undone = self.step_with(items.undo_last, parcel.id)
        if isinstance(undone, Refusal):
            self.refuse(undone)
            return
        self._take_over(parcel, undone.parcel)
        article = undone.line.article
        self.answer(Mood.INFO, "item.undone", {
            "item_no": article.item_no, "color": article.color, "size": article.size,
            "count": undone.quantity,
        })

    def _cancel(self, code: str) -> None:
        if self.standing.forget():
            self.answer(Mood.INFO, "question.left")
        elif self.parcel is None:
            self.refuse_scan(code, Code.PARCEL_NONE_OPEN)
        else:
            put_back = self.step_with(packing.put_back, self.parcel.id)
            if isinstance(put_back, Refusal):
                self.refuse(put_back)
                return
            self.drop()
            self.answer(Mood.INFO, "parcel.put_back", {"waybill_no": put_back.waybill_no})

    def _next(self, code: str) -> None:
        if self.parcel is None:
            self.standing.forget()
            self.refuse_scan(code, Code.PARCEL_NONE_OPEN)
            return
        waybill_no = self.parcel.waybill_no
        self.step_with(packing.leave, self.parcel.id)
        self.drop()
        self.answer(Mood.INFO, "parcel.left", {"waybill_no": waybill_no})

    def _repack(self, code: str) -> None:
        parcel_id = self.parcel.id if self.parcel is not None else self.standing.subject
        if parcel_id is None:
            self.refuse_scan(code, Code.PARCEL_NONE_OPEN)
            return
        self.standing.forget()
        self.standing.explanation = ()
        self._after(self.step_with(packing.repack, parcel_id), "parcel.repacked")

    def _quantity(self, code: str) -> None:
        if self.step is not Step.ITEMS:
            self.refuse_scan(code, Code.BENCH_NOT_NOW)
            return
        self.standing.forget()
        self.standing.counting = True
        self.answer(Mood.INFO, "quantity.entry")

    def _defective(self, code: str) -> None:
        if self.step not in (Step.ITEMS, Step.MEASURE):
            self.refuse_scan(code, Code.BENCH_NOT_NOW)
            return
        self.standing.forget()
        self.standing.defecting = True
        self.answer(Mood.INFO, "defect.next")

    def _help(self, _code: str) -> None:
        prompt = prompt_of(self.standing)
        self.answer(Mood.INFO, prompt.code, prompt.facts)

    def _sign_out(self, code: str) -> None:
        if self.parcel is not None:
            self.refuse_scan(code, Code.BENCH_NOT_NOW)
            return
        self.sign_off("sign.out", "out")

    def _weigh_command(self, code: str) -> None:
        self.weigh_now(code, self.monotonic())

    # --- Touch, devices, view -------------------------------------------------------------------

    def touch(self, action: str, facts: dict[str, Any]) -> None:
        """What a finger gives: a drawn signature; everything else is a barcode on a button."""
        self.standing.busy_at = self.monotonic()
        if action == "sign":
            if self.standing.locked:
                self.refuse(Refusal(Code.BENCH_ACKNOWLEDGE_FIRST))
                return
            self.draw(facts.get("strokes", ()))
        elif action == "scan":
            self.scan(str(facts.get("code", "")))
        else:
            self.scan(f"{COMMAND_PREFIX}{action.upper()}")

    def health(self, health: Health) -> None:
        """A device came, went or wants a person."""
        self.standing.devices[health.device] = DeviceView(
            name=health.device, kind=health.kind, state=str(health.state),
            detail=health.detail, port=health.port, hint=health.facts.get("guess", ""),
        )
        its_scale = health.device == self.settings.scale
        if its_scale and self.pan is not None and health.state is not DeviceState.READY:
            self.pan.clear()

    def view(self, revision: int) -> BenchView:
        """The bench for its screen."""
        standing, parcel = self.standing, self.parcel
        shown = None
        if parcel is not None:
            shown = parcel_view(parcel, self.rules, standing.explanation)
        return BenchView(
            bench=self.name, revision=revision, step=self.step, prompt=prompt_of(standing),
            locked=standing.locked, verdict=standing.verdict, parcel=shown,
            packer=standing.who, entry=self.shown_entry(),
            weight=weight_view(self.pan, self.step, self.monotonic()),
            devices=tuple(standing.devices.values()), recent=tuple(standing.recent),
            held=standing.held if standing.locked else None,
        )


_DIGITS = frozenset(command for command in Command if command.value.isdigit())
_COMMANDS: dict[Command, Callable[[Flow, str], None]] = {
    Command.DONE: Flow._done,  # noqa: SLF001 - the table of this class's own commands
    Command.OK: Flow._ok,  # noqa: SLF001
    Command.UNDO: Flow._undo,  # noqa: SLF001
    Command.CANCEL: Flow._cancel,  # noqa: SLF001
    Command.REPRINT: Flow.ask_reprint,
    Command.SLIP: Flow.print_shift,
    Command.WEIGH: Flow._weigh_command,  # noqa: SLF001
    Command.NEXT: Flow._next,  # noqa: SLF001
    Command.HELP: Flow._help,  # noqa: SLF001
    Command.QUANTITY: Flow._quantity,  # noqa: SLF001
    Command.DEFECT: Flow._defective,  # noqa: SLF001
    Command.REPACK: Flow._repack,  # noqa: SLF001
    Command.ACCEPT: Flow.ask_accept,
    Command.CHECK: Flow.ask_check,
    Command.ZERO: Flow.zero,
    Command.SIGN_OUT: Flow._sign_out,  # noqa: SLF001
}
_ANSWERS: dict[str, Callable[[Flow, str], None]] = {
    BADGE_PREFIX: Flow.badge,
    PACKAGING_PREFIX: Flow._material,  # noqa: SLF001 - as above
    REASON_PREFIX: Flow.reason,
    ONE_TIME_PREFIX: Flow.one_time,
}
