// The code on a paper of the shop's own opens what the paper tells of, on every page but the bench,
// where a parcel may lie open: there the answer offers the way. A stub's code opens its parcel
// only where no parcels are scanned.

import { Wedge } from "./wedge.js";

export const isRecord = (code) => /^PBS-[A-Z][0-9]+$/.test(code);
const isStub = (code) => code.startsWith("DD:");

export function openRecord(code) {
  location.assign(`/slips/codes/${encodeURIComponent(code)}`);
}

// For pages that take no scans of their own.
export const watch = () => new Wedge(openRecord, document, (code) => isRecord(code) || isStub(code));
