"""What can be wrong with a simulated scanner, each with its sentence."""

from __future__ import annotations

from enum import StrEnum


class ScannerFault(StrEnum):
    """What can be wrong with the scanner itself, its settings or whoever holds it."""

    BOUNCE = "bounce"
    MISREAD = "misread"
    TRUNCATED = "truncated"
    NO_READ = "no_read"
    NO_SUFFIX = "no_suffix"
    GARBAGE = "garbage"
    SILENT = "silent"
    SLOW_TYPING = "slow_typing"
    GLUED = "glued"
    TWO_SUFFIXES = "two_suffixes"
    OTHER_SUFFIX = "other_suffix"
    LATE_SUFFIX = "late_suffix"
    PREFIXED = "prefixed"
    AIM_SWITCHED = "aim_switched"
    LOWER_CASE = "lower_case"
    ZERO_ADDED = "zero_added"
    FIRST_LOST = "first_lost"
    LAST_LOST = "last_lost"
    REVERSED = "reversed"
    SPACED = "spaced"
    NULS = "nuls"
    EIGHTH_BIT = "eighth_bit"
    FLOOD = "flood"
    HELD_TRIGGER = "held_trigger"
    PAUSES = "pauses"
    BATCHED = "batched"
    BANNER = "banner"
    BELLS = "bells"

    @property
    def sentence(self) -> str:
        """What it means, in the shop's words."""
        return SENTENCES[self]


SENTENCES = {
    ScannerFault.BOUNCE: "重复读 · every label is read twice within 120 ms",
    ScannerFault.MISREAD: "读错一位 · one character of the code is another",
    ScannerFault.TRUNCATED: "只读到一半 · the code's second half is missing",
    ScannerFault.NO_READ: "读不出 · the device types NR",
    ScannerFault.NO_SUFFIX: "没有回车 · the suffix was configured away",
    ScannerFault.GARBAGE: "乱码 · random bytes before the code",
    ScannerFault.SILENT: "没反应 · it beeps and sends nothing",
    ScannerFault.SLOW_TYPING: "打字很慢 · 30 ms between characters",
    ScannerFault.GLUED: "两条连在一起 · two scans arrive without a break",
    ScannerFault.TWO_SUFFIXES: "两个回车 · the suffix is sent twice",
    ScannerFault.OTHER_SUFFIX: "结尾变了 · a line feed ends the code instead",
    ScannerFault.LATE_SUFFIX: "回车来得晚 · the suffix comes half a second after the code",
    ScannerFault.PREFIXED: "多了前缀 · somebody has configured a prefix, #",
    ScannerFault.AIM_SWITCHED: "多了码制标识 · it sends AIM identifiers, or sends them no more",
    ScannerFault.LOWER_CASE: "变小写 · letters come small",
    ScannerFault.ZERO_ADDED: "前面多个 0 · a UPC-A is sent with thirteen digits",
    ScannerFault.FIRST_LOST: "丢了第一位 · the first character is missing",
    ScannerFault.LAST_LOST: "丢了最后一位 · the check digit is not sent",
    ScannerFault.REVERSED: "反着读 · read from the wrong end",
    ScannerFault.SPACED: "前后有空格 · blanks around the code",
    ScannerFault.NULS: "夹杂空字节 · a NUL between any two characters",
    ScannerFault.EIGHTH_BIT: "校验位不对 · wrong parity: the eighth bit is set",
    ScannerFault.FLOOD: "发个不停 · six thousand bytes before the code, without an end",
    ScannerFault.HELD_TRIGGER: "扳机不放 · the same label again and again, ten times a second",
    ScannerFault.PAUSES: "中间停顿 · two seconds' pause in the middle of the code",
    ScannerFault.BATCHED: "攒着一起发 · scans are kept and sent together with the third",
    ScannerFault.BANNER: "开机信息 · it types its name and version first",
    ScannerFault.BELLS: "带响铃字符 · a BEL after each code",
}
