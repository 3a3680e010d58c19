"""What can be wrong with a simulated printer beyond its wire, each with its sentence."""

from __future__ import annotations

from enum import StrEnum


class PrinterFault(StrEnum):
    """What can be wrong with the printer, its paper or its answers."""

    SILENT = "silent"
    STALL = "stall"
    GARBAGE_STATUS = "garbage_status"
    LYING_READY = "lying_ready"
    ECHO_LOST = "echo_lost"
    BLANK = "blank"
    DOUBLE = "double"
    DEAD_DOTS = "dead_dots"
    REISSUE_LAST = "reissue_last"
    HOT = "hot"
    JAM = "jam"
    KEEPS_WAITING = "keeps_waiting"
    COVER_OPEN = "cover_open"
    PAPER_OUT = "paper_out"
    PAPER_LOW = "paper_low"
    PAUSED = "paused"
    STUCK_BUSY = "stuck_busy"
    LATE_ANSWERS = "late_answers"
    HALF_ANSWERS = "half_answers"
    CHATTER = "chatter"
    TALKS_UNASKED = "talks_unasked"
    WRONG_ECHO = "wrong_echo"
    EATS_JOBS = "eats_jobs"
    DROPS_BYTES = "drops_bytes"
    SMALL_BUFFER = "small_buffer"
    SHIFTED = "shifted"
    FADED = "faded"
    SKIPS_LABEL = "skips_label"
    REBOOTS = "reboots"

    @property
    def sentence(self) -> str:
        """What it means, in the shop's words."""
        return SENTENCES[self]


SENTENCES = {
    PrinterFault.SILENT: "不回答 · prints, but answers no question",
    PrinterFault.STALL: "不再接收 · stops reading",
    PrinterFault.GARBAGE_STATUS: "状态乱码 · status bytes that mean nothing",
    PrinterFault.LYING_READY: "谎报就绪 · always says that all is well",
    PrinterFault.ECHO_LOST: "打完不回执 · never says that a page came out",
    PrinterFault.BLANK: "打白纸 · paper the wrong way round: white labels",
    PrinterFault.DOUBLE: "打两张 · every label comes twice",
    PrinterFault.DEAD_DOTS: "打印头断针 · a stripe of the head is burnt out",
    PrinterFault.REISSUE_LAST: "换纸后重打上一张 · re-issues the last label after a reload",
    PrinterFault.HOT: "过热 · the head is too hot and waits",
    PrinterFault.JAM: "卡纸 · paper jam",
    PrinterFault.KEEPS_WAITING: "断线后还在等 · a lost host's image is still waited for",
    PrinterFault.COVER_OPEN: "盖子开着 · the lid is open",
    PrinterFault.PAPER_OUT: "没纸 · the roll is at its end",
    PrinterFault.PAPER_LOW: "纸快完 · the near-end sensor sees the core",
    PrinterFault.PAUSED: "暂停 · somebody has pressed pause",
    PrinterFault.STUCK_BUSY: "一直说在打印 · says for ever that it prints",
    PrinterFault.LATE_ANSWERS: "回答太晚 · every answer comes three seconds late",
    PrinterFault.HALF_ANSWERS: "回答只有一半 · the second half of every answer is missing",
    PrinterFault.CHATTER: "乱说话 · random bytes between its answers",
    PrinterFault.TALKS_UNASKED: "自动报状态 · automatic status that nobody switched on (ESC/POS)",
    PrinterFault.WRONG_ECHO: "回执号不对 · reports pages under another number",
    PrinterFault.EATS_JOBS: "吞任务 · takes pages and prints none",
    PrinterFault.DROPS_BYTES: "丢字节 · loses bytes of a fast sender",
    PrinterFault.SMALL_BUFFER: "缓存只有 4 KB · reads no faster than it prints",
    PrinterFault.SHIFTED: "走纸不准 · prints eight millimetres too low",
    PrinterFault.FADED: "打印很淡 · every other dot is missing",
    PrinterFault.SKIPS_LABEL: "多走一张 · a blank label after each",
    PrinterFault.REBOOTS: "打印时重启 · restarts at each page and loses it",
}

IN_THE_MECHANISM = frozenset({
    PrinterFault.BLANK, PrinterFault.DOUBLE, PrinterFault.DEAD_DOTS, PrinterFault.REISSUE_LAST,
    PrinterFault.HOT, PrinterFault.PAUSED, PrinterFault.SHIFTED, PrinterFault.FADED,
    PrinterFault.SKIPS_LABEL,
})
"""Faults that are a switch of the mechanism by the same name."""
