"""What the bench asks a person: who they are, a PIN, a reason, a signature."""

from __future__ import annotations

from typing import Any

from station.bench.core import Core
from station.bench.standing import Asking
from station.db.models import PrintJob
from station.domain import one_time
from station.domain.commands import REASON_PREFIX, REASONS
from station.domain.refusals import Code, Refusal
from station.domain.rights import Right
from station.domain.screen import Mood, Step
from station.services import overrides, pins, printing, sessions, signing, slips, staff, weighing
from station.services.photographs import Moment
from station.services.staff import Person

_ENTRY_LENGTH = {Step.MEASURE: 4, Step.ITEMS: 3, Step.MANAGER: one_time.DIGITS}
_PIN_LENGTH = 12


class Questions(Core):
    """Badges, digits, reasons and signatures."""

    # --- Badges and digits ----------------------------------------------------------------------

    def badge(self, code: str) -> None:
        """A badge signs in, or names who signs the parcel or accepts its weight."""
        person = self.read(staff.find, code)
        if isinstance(person, Refusal):
            self.refuse_scan(code, person.code)
        elif not person.may(Right.ACCEPT if self.step is Step.MANAGER else Right.PACK):
            self._turn_away(person)
        elif self.step in (Step.SIGN, Step.MANAGER):
            self._name_signer(person)
        elif self.parcel is None or self.standing.packer is None:
            self.standing.packer = person
            self.step_with(sessions.note_bench, person.id, "signed_in")
            self.answer(Mood.GOOD, "sign.in", {"name": person.name})
        else:
            self.refuse_scan(code, Code.BENCH_NOT_NOW)

    def sign_off(self, said: str, why: str) -> None:
        """The packer leaves the bench: by his word, or after a long rest."""
        packer, self.standing.packer = self.standing.packer, None
        if packer is not None:
            self.step_with(sessions.note_bench, packer.id, "signed_out", why=why)
        self.answer(Mood.INFO, said, {"name": packer.name if packer is not None else ""})

    def rest(self, now: float) -> None:
        """Sign the packer off once nothing was scanned or touched for the settings' idle time.

        What is open stays open: whoever comes scans a badge and goes on.
        """
        standing = self.standing
        if standing.packer is None or now - standing.busy_at <= self.settings.idle_s:
            return
        standing.forget()
        self.sign_off("sign.idle", "idle")

    def _turn_away(self, person: Person) -> None:
        """Somebody whose role does not do this: told, and kept in his history."""
        right = Right.ACCEPT if self.step is Step.MANAGER else Right.PACK
        self.step_with(
            sessions.note_refused, sessions.somebody(person.id, person.name, person.role), right,
            f"bench {self.name}",
        )
        if right is Right.ACCEPT:
            self.refuse(Refusal(Code.SIGN_MANAGER_NEEDED))
        else:
            self.refuse(Refusal(Code.SIGN_NOT_ALLOWED, {"right": str(right)}))

    def _name_signer(self, person: Person) -> None:
        self.standing.entry = ""
        self.standing.signer = person
        self.answer(Mood.INFO, "sign.pin", {"name": person.name})

    def digit(self, code: str, digit: str) -> None:
        """One digit of a count, a measurement or a PIN; refused where nothing is being entered."""
        standing = self.standing
        longest = _PIN_LENGTH if standing.signer is not None else _ENTRY_LENGTH.get(self.step, 0)
        if standing.signer is None and self.step is Step.ITEMS and not standing.counting:
            longest = 0
        if longest == 0:
            self.refuse_scan(code, Code.BENCH_NOT_NOW)
        elif len(standing.entry) >= longest:
            standing.entry = ""
            self.answer(Mood.WARN, "entry.too_long")
        else:
            standing.entry += digit
            self.answer(Mood.INFO, "entry.digit", {"entry": self.shown_entry()})

    def shown_entry(self) -> str:
        """The digits as the screen may show them: of a PIN only how many there are."""
        entry = self.standing.entry
        secret = self.standing.signer is not None or self.step is Step.MANAGER
        return "•" * len(entry) if secret else entry

    def enter_pin(self) -> None:
        """Check the PIN that was entered, then do what it was asked for."""
        person, pin = self.standing.signer, self.standing.entry
        self.standing.entry = ""
        if person is None or not self._pin_is_right(person, pin):
            return
        if self.step is Step.MANAGER:
            self._accept(person)
        else:
            self._sign(person, how="badge", strokes=())

    def one_time(self, code: str) -> None:
        """A manager's one-time code, scanned or typed, where his acceptance is asked for."""
        self.standing.entry = ""
        if self.step is not Step.MANAGER:
            self.refuse_scan(code, Code.BENCH_NOT_NOW)
            return
        found = overrides.redeem(self._db, code, place=f"bench {self.name}", now=self.now())
        if isinstance(found, Refusal):
            self.refuse(found)
        else:
            self._accept(found)

    def _pin_is_right(self, person: Person, pin: str) -> bool:
        # Read again: the badge may have been given another PIN, or nobody's, meanwhile.
        fresh = self.read(staff.find, person.badge)
        refusal = fresh if isinstance(fresh, Refusal) else pins.prove(
            self._db, fresh, pin, place=f"bench {self.name}", now=self.now()
        )
        if refusal is not None:
            if refusal is fresh:
                self.standing.signer = None
            self.refuse(refusal)
        return refusal is None

    # --- Reasons --------------------------------------------------------------------------------

    def ask_reprint(self, code: str) -> None:
        """补打: why, is asked first."""
        if self.parcel is None and self.standing.subject is None:
            self.refuse_scan(code, Code.PARCEL_NONE_OPEN)
            return
        self._ask(Asking.REPRINT_REASON)

    def print_shift(self, code: str) -> None:
        """打小票: what the packer has signed today, on paper, when no parcel is open."""
        packer = self.standing.packer
        if self.parcel is not None or self.standing.asking is not None:
            self.refuse_scan(code, Code.BENCH_NOT_NOW)
            return
        if packer is None:
            self.refuse(Refusal(Code.SIGN_NOBODY))
            return
        job: PrintJob | Refusal = self.step_with(
            slips.request, slips.shift(packer.id, self.now()))
        if isinstance(job, Refusal):
            self.refuse(job)
        else:
            self.answer(Mood.INFO, "slip.asked", {"slip_kind": "shift", "copy": job.copy or ""})

    def ask_accept(self, code: str) -> None:
        """A manager may accept a weight that is off: why, and who, is asked."""
        if self.step is not Step.WEIGHT_OFF:
            self.refuse_scan(code, Code.BENCH_NOT_NOW)
            return
        self._ask(Asking.ACCEPT_REASON)

    def _ask(self, asking: Asking) -> None:
        self.standing.forget()
        self.standing.asking = asking
        self.standing.verdict = None

    def reason(self, code: str) -> None:
        """A reason was scanned from the sheet, or touched."""
        word = code.removeprefix(REASON_PREFIX)
        if word not in REASONS:
            self.refuse_scan(code, Code.BENCH_UNKNOWN_CODE)
        elif self.standing.asking is Asking.REPRINT_REASON:
            self._reprint(word)
        elif self.standing.asking is Asking.ACCEPT_REASON:
            self.standing.reason = word
            self.standing.asking = Asking.MANAGER
            self.answer(Mood.INFO, "reason.given", {"reason": word})
        else:
            self.refuse_scan(code, Code.BENCH_NOT_NOW)

    def _reprint(self, word: str) -> None:
        parcel_id = self.parcel.id if self.parcel is not None else self.standing.subject
        self.standing.forget()
        if parcel_id is None:
            self.refuse(Refusal(Code.PARCEL_NONE_OPEN))
            return
        job: PrintJob | Refusal = self.step_with(
            printing.request_reprint, parcel_id, reason=word
        )
        if isinstance(job, Refusal):
            self.refuse(job)
        else:
            self.answer(Mood.INFO, "reprint.asked", {"copy": job.copy})

    def _accept(self, manager: Person) -> None:
        if self.parcel is None:
            return
        weighed = self._db.write(lambda session: weighing.accept(
            session, self.parcel.id if self.parcel else 0, manager=manager,
            reason=self.standing.reason, bench=self.name, now=self.now(),
        ))
        self.standing.forget()
        if isinstance(weighed, Refusal):
            self.refuse(weighed)
            return
        self.standing.parcel, self.standing.explanation = weighed.parcel, ()
        self.witnessed(Moment.WEIGHED, weighed.parcel.id)
        self.answer(Mood.DONE, "weight.accepted", {"grams_g": weighed.grams})

    # --- Signatures -----------------------------------------------------------------------------

    def draw(self, strokes: Any) -> None:
        """The packer has drawn the signature: whose badge was scanned last, now or at sign-in."""
        if self.step is not Step.SIGN:
            self.refuse(Refusal(Code.BENCH_NOT_NOW))
            return
        person = self.standing.signer or self.standing.packer
        if person is None:
            self.refuse(Refusal(Code.SIGN_NOBODY))
        else:
            self._sign(person, how="drawn", strokes=strokes)

    def _sign(self, person: Person, *, how: str, strokes: Any) -> None:
        if self.parcel is None:
            return
        sealed: str | Refusal = self.step_with(
            signing.sign, self.parcel.id, who=person.name, how=how, strokes=strokes,
            rules=self.rules,
        )
        if isinstance(sealed, Refusal):
            self.standing.signer = None
            self.refuse(sealed)
            return
        waybill_no = self.parcel.waybill_no
        self.drop()
        self.standing.packer = self.standing.packer or person
        self.answer(Mood.DONE, "sign.signed", {"waybill_no": waybill_no, "name": person.name})
