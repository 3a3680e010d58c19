"""Why a statement cannot be read: a code, the facts, and a sentence for people."""

from __future__ import annotations

_WORDS = {
    "no_file": ("没有这个文件 {name}", "there is no file {name}"),
    "sealed_shut": (
        "{name}：打不开保存的文件：{why}", "{name}: what was kept cannot be opened: {why}",
    ),
    "other_content": (
        "{name}：保存的文件和送来时不一样，请重新选一次",
        "{name}: what was kept is not what was brought; bring it again",
    ),
    "empty": ("{name}：文件是空的", "{name} is empty"),
    "too_big": (
        "{name}：文件有 {mib} MiB，最多 {most} MiB；请分开导出",
        "{name} has {mib} MiB, at most {most} are read; export it in parts",
    ),
    "inflates": (
        "{name}：解压后有 {mib} MiB（{ratio} 倍），不像账单，没有打开",
        "{name} would unpack to {mib} MiB ({ratio} times its size); not opened",
    ),
    "broken_zip": (
        "{name}：表格文件已损坏，请重新下载", "{name} is a damaged spreadsheet; fetch it again",
    ),
    "encrypted": (
        "{name}：表格有密码，请另存为没有密码的 .xlsx",
        "{name} has a password; save it as .xlsx without one",
    ),
    "old_spreadsheet": (
        "{name}：旧的 .xls 表格读不出来（可能有密码），请用表格软件另存为 .xlsx",
        "{name} is an old .xls that cannot be read, maybe for a password; save it as .xlsx",
    ),
    "not_a_spreadsheet": (
        "{name}：不是表格（看到的是 {kind}），请导出 CSV 或 .xlsx",
        "{name} is no spreadsheet but {kind}; export CSV or .xlsx",
    ),
    "unreadable": (
        "{name}：表格读不出来，请用表格软件打开后另存为 .xlsx",
        "{name} cannot be read; open it in a spreadsheet program and save it as .xlsx",
    ),
    "too_much": (
        "{name}：内容过大，读取超出内存上限 {mib} MiB",
        "{name} needs more than {mib} MiB of memory to read",
    ),
    "too_slow": ("{name}：{seconds} 秒内没有读完", "{name} was not read within {seconds} s"),
    "undecodable": (
        "{name}：第 {line} 行不是 UTF-8 也不是 GB18030 文字",
        "{name}, line {line}: neither UTF-8 nor GB18030 text",
    ),
    "broken_quotes": (
        "{name}：第 {line} 行的引号不成对", "{name}, line {line}: a quotation mark is not closed",
    ),
    "unknown_layout": (
        "{name}：认不出表头（找运单号和金额或重量）。看到的列：{columns}。可用 --mapping 指明",
        "{name}: no header with a waybill number and an amount or weight was recognised; columns"
        " seen: {columns}; name them with --mapping",
    ),
    "no_lines": ("{name}：表头下面没有账单行", "{name} has no lines below its header"),
    "unknown_carrier": (
        "{name}：看不出是哪家快递，请加 --carrier", "{name}: say whose it is with --carrier",
    ),
    "other_carrier": (
        "{name}：像是{found}的账单，店里不用这家，也没有这些单号；要算就加 --carrier",
        "{name} looks like a statement of {found}, with which the shop does not ship, and none of"
        " its numbers is known; say --carrier to reckon it all the same",
    ),
    "unknown_month": (
        "{name}：看不出是哪个月，请加 --month 2026-11",
        "{name}: say which month it is with --month 2026-11",
    ),
    "two_carriers": (
        "{name}：账单是 {found} 的，不是 {asked}", "{name} is a statement of {found}, not {asked}",
    ),
    "closed_month": (
        "{name}：{month} 的账已经关了，先由管理员打开",
        "{name}: {month} is closed; a manager opens it",
    ),
    "broke_off": (
        "处理中断（{ended}），请再试一次；还不行就看日志",
        "the work broke off ({ended}); try again, then see the log",
    ),
    "bad_mapping": ("对照表 {name}：{what}", "the mapping {name}: {what}"),
    "bad_shipments": (
        "{name}：第 {row} 条交接记录有误：{what}", "{name}, entry {row}: {what}",
    ),
    "bad_tariffs": ("价目表 {name}：{what}", "the tariffs {name}: {what}"),
}  # fmt: skip


class StatementError(Exception):
    """A file is no statement that can be read. ``code`` and ``facts`` say why; nothing was taken.

    The text is one line, Chinese first.
    """

    def __init__(self, code: str, **facts: str | int) -> None:
        zh, en = _WORDS[code]
        super().__init__(f"{zh.format(**facts)} / {en.format(**facts)}")
        self.code = code
        self.facts = facts

    def __reduce__(self) -> tuple[object, ...]:
        """How it travels between processes: by its code and facts."""
        return _again, (self.code, self.facts)


def _again(code: str, facts: dict[str, str | int]) -> StatementError:
    return StatementError(code, **facts)
