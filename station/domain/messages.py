"""Every message code that is no refusal: what the bench prompts, and says when all is well.

The web gives each its words (web/translations); a test there walks this list.
"""

from __future__ import annotations

PROMPTS = frozenset({
    "prompt.idle",  # scan a waybill
    "prompt.note",  # read the note, scan OK; facts: orders, flag
    "prompt.items",  # scan the next item; facts: missing, item_no, color, size, location
    "prompt.items_quantity",  # scan digits, then the item; facts: entry
    "prompt.items_defect",  # scan the defective item
    "prompt.measure",  # measure the waist; facts: item_no, size, waist_mm (0: none confirmed)
    "prompt.material",  # choose the packaging; facts: proposed, name
    "prompt.checklist",  # do these, then scan DONE
    "prompt.weigh",  # put the parcel on the scale
    "prompt.weight_off",  # repack, weigh again or accept; facts: diff_g
    "prompt.sign",  # draw, or scan a badge
    "prompt.sign_pin",  # facts: name
    "prompt.reason",  # scan a reason; facts: why ("reprint", "accept")
    "prompt.manager",  # a manager's badge
    "prompt.manager_pin",  # facts: name
    "prompt.apart",  # take the stopped parcel apart, goods back on the shelf, scan OK
    "prompt.check",  # put the known weight on the scale; facts: known_g
    "prompt.locked",  # look, then scan OK
})

ANSWERS = frozenset({
    "waybill.opened", "waybill.resumed", "waybill.again",
    "note.read",
    "item.right", "item.undone",
    "measure.right", "measure.unconfirmed",
    "parcel.complete", "parcel.put_back", "parcel.left", "parcel.repacked", "parcel.apart",
    "parcel.changed_elsewhere",
    "material.chosen", "checklist.done",
    "weight.taken", "weight.not_compared", "weight.accepted",
    "check.begun", "check.next", "check.passed", "check.failed",
    "scale.zero_sent",
    "sign.signed", "sign.in", "sign.out", "sign.idle", "sign.pin",
    "reprint.asked", "slip.asked", "reason.given", "question.left",
    "quantity.entry", "entry.digit", "entry.undone", "entry.too_long", "defect.next",
    "bench.acknowledged", "bench.trouble",
    "bench.disk_full", "bench.disk_broken", "bench.records_damaged", "bench.records_locked",
    "bench.records_gone",
})

EXPLANATIONS = frozenset({
    "explain.missing",  # one of these is missing; facts: item_no, color, size, count, rest_g
    "explain.extra",  # one of these too many
    "explain.swapped",  # this instead of that: facts also other_color, other_size
    "explain.no_packaging",  # weighed without its packaging
    "explain.nothing",  # no single piece explains it
})

MESSAGE_CODES = PROMPTS | ANSWERS | EXPLANATIONS
"""All of them."""
