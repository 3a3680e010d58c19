"""docs/trust.md: each fault and each pain, with the tests and campaigns that show what happens.

Tests are found by their marks (`@pytest.mark.fault("F8")`, `@pytest.mark.pain("12")`), campaigns by
their `SHOWS`; what a campaign found is in `campaigns/figures.toml`. What nothing shows is a gap,
and `GAPS` says so in words.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

FAULTS: dict[str, str] = {
    "F1": "USB unplugged in mid-frame",
    "F2": "garbage, lost, flipped or merged bytes from a device",
    "F3": "wrong baud rate or parity",
    "F4": "a scale that freezes at a stable weight",
    "F5": "the previous parcel's weight sticks",
    "F6": "double scan, bounce, two scanners",
    "F7": "two benches take one parcel",
    "F8": "paper out in mid-label, lid open, head hot",
    "F9": "power cut or kill between print and commit",
    "F10": "the clock jumps",
    "F11": "the disk is full",
    "F12": "I/O errors, a failed fsync",
    "F13": "database locked, a writer starved",
    "F14": "a corrupted database page or settings file, an empty file",
    "F15": "the platform is away, webhooks lost, late or out of order",
    "F16": "a webhook replayed, forged or dated in the future",
    "F17": "a crash after a call to the platform, before it was noted",
    "F18": "a malicious barcode",
    "F19": "markup in the names of articles, addresses, people",
    "F20": "formulas in spreadsheets",
    "F21": "printer commands in text",
    "F22": "bombs: zip, spreadsheet, picture",
    "F23": "path traversal",
    "F24": "a foreign page: CSRF, DNS rebinding, framing",
    "F25": "a session fixed, stolen or left open",
    "F26": "PINs guessed by trying",
    "F27": "personal data in logs, metrics, errors",
    "F28": "SQL in text",
    "F29": "a slow or blocked printer",
    "F30": "two programs on one port",
    "F31": "a kill in a migration, backup or other long work",
    "F32": "days offline, then everything at once",
    "F33": "history rows changed, removed, cut",
    "F34": "memory or descriptors that leak",
    "F35": "a package that is not the one meant",
}
"""What may go wrong, by id."""

PAINS: dict[str, str] = {
    "1": "print timed out, pressed again, both print",
    "2": "two parcels, two copies of the second label",
    "3": "several labels for one package",
    "4": "old labels print again months later",
    "5": "printed twice after a reboot",
    "6": "said to be printed while the printer was off",
    "7": "a deleted job still prints",
    "8": "the queue stays stopped after paper was refilled",
    "9": "labels dropped or out of order in big batches",
    "10": "blank or extra labels",
    "11": "a click that fired twice prints twice",
    "12": "a label that can be had only once",
    "13": "a second tracking number made silently",
    "14": "each order must be opened to print its label again",
    "15": "barcodes that need many tries",
    "16": "the same weight twice is shown as 0",
    "17": "stale bytes: the weighing before",
    "18": "a frozen or lagging weight",
    "19": "a weight that arrives one character at a time",
    "20": "no weight half of the time",
    "21": "the port stays busy after a reload of the page",
    "22": "a scale that beeps whenever it is asked",
    "23": "a net weight taken for an error",
    "24": "an offline scale is a screen of zeros",
    "25": "a weight of 0 accepted",
    "26": "the scale cannot be reached from where the packer is",
    "27": "fast scans are lost",
    "28": "many scans until one counts; two who change at once",
    "29": "a scan lands in the wrong field",
    "30": "one code split in two",
    "31": "a Chinese input method swallows the scanner",
    "32": "repeated zeros are lost",
    "33": "a scanner without a suffix",
    "34": "an article's code taken for the waybill, a QR code beside the bars",
    "35": "items first, label at the end",
    "36": "a return comes: whose was it?",
    "37": "a camera that cannot do everything at once",
    "38": "errors noticed only at the end; no sound",
    "39": "checks that run only on saving",
    "40": "M shipped where L was meant",
    "41": "refunded lines offered for packing",
    "42": "validate pressed twice validates twice",
    "43": "slow when there is much data",
    "44": "green on the screen, never stored",
    "45": "the hand-over gives no feedback, no joint signature",
    "46": "pop-ups after sleep; the waybill does not open its order",
}
"""What packers suffer from in other programs, by number."""

GAPS: dict[str, str] = {
    "F1": "Over pseudo-terminals and TCP; no real USB device can be attached on a test machine.",
    "F9": "Power cuts are replayed from recorded writes and syncs; no real disk was cut, and one"
          " that says it synced and did not would lose answers.",
    "F12": "The system's own calls are made to fail on SQLite's files, and a small file system is"
           " really filled; no disk was made to fail below its file system, and not PostgreSQL's.",
    "F31": "On PostgreSQL an upgrade is killed at every twelfth statement; on SQLite at all.",
    "35": "Not supported on purpose: the label exists before the goods are fetched (D2).",
}
"""What the tests do not show, in words."""


@dataclass
class Shown:
    """The tests (by file) and the campaigns that show one fault or pain."""

    tests: dict[str, list[str]] = field(default_factory=dict)
    campaigns: list[str] = field(default_factory=list)


def shown() -> dict[str, Shown]:
    """Everything by id; KeyError if a mark or campaign names what is not on the lists."""
    found = {name: Shown() for name in (*FAULTS, *PAINS)}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for test, names in marked(path.read_text(encoding="utf-8")):
            for name in names:
                found[name].tests.setdefault(path.relative_to(ROOT).as_posix(), []).append(test)
    for script, (_, names) in campaigns().items():
        for name in names:
            found[name].campaigns.append(script)
    return found


def marked(source: str) -> Iterator[tuple[str, list[str]]]:
    """Each test of a file with the ids it is marked with; "" for a mark of the whole file."""
    for node in ast.parse(source).body:
        test, names = "", list[str]()
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            test, names = node.name, _ids(node.decorator_list)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            names = _ids([node.value])
        if names:
            yield test, names


def _ids(nodes: list[ast.expr]) -> list[str]:
    calls = [call for node in nodes for call in ast.walk(node) if isinstance(call, ast.Call)]
    return [
        str(ast.literal_eval(argument)) for call in calls
        if ast.unparse(call.func) in ("pytest.mark.fault", "pytest.mark.pain")
        for argument in call.args
    ]


def campaigns() -> dict[str, tuple[str, list[str]]]:
    """Each campaign's script with its first line of words and the ids in its `SHOWS`."""
    found = {}
    for path in sorted((ROOT / "campaigns").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SHOWS":
                words = (ast.get_docstring(tree) or "").split("\n\n")[0].replace("\n", " ")
                found[path.name] = (words, [str(one) for one in ast.literal_eval(node.value)])
    return found


def figures() -> list[dict[str, str]]:
    """What was run, and what it found: campaigns/figures.toml."""
    text = (ROOT / "campaigns" / "figures.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text).get("run", []))


def trust(made: str) -> str:
    """The page; ``made`` is its first line."""
    found = shown()
    return "\n".join([
        made, "# What was attacked, and what held · 攻击与证据", "",
        "Every fault that the bench must survive and every pain that other programs give their"
        " packers, each with the", "tests (`make test`) and the campaigns (`python campaigns/…`,"
        " any size, each by its seed) that show what happens.", "A dash is a gap, and so is what"
        " stands behind *gap*.", "",
        "## Campaigns · 演练", "", *_campaigns(), "",
        "## Faults · 故障", "", *_section(FAULTS, found), "",
        "## Pains · 别家软件的痛处", "", *_section(PAINS, found), "",
    ])


def _campaigns() -> Iterator[str]:
    yield "| campaign | what it does |"
    yield "| --- | --- |"
    for script, (words, _) in campaigns().items():
        yield f"| [{script}](../campaigns/{script}) | {words} |"
    yield ""
    yield "What was run last, on two cores:"
    yield ""
    yield "| command | day | found |"
    yield "| --- | --- | --- |"
    for run in figures():
        yield f"| `{run['command']}` | {run['day']} | {run['found']} |"


def _section(names: dict[str, str], found: dict[str, Shown]) -> Iterator[str]:
    yield "| id | what | shown by |"
    yield "| --- | --- | --- |"
    for name, words in names.items():
        yield f"| {name} | {words} | {_shown_by(found[name], GAPS.get(name, ''))} |"


def _shown_by(one: Shown, gap: str) -> str:
    parts = [f"[{script}](../campaigns/{script})" for script in one.campaigns]
    for path, tests in one.tests.items():
        link = f"[{path.removeprefix('tests/')}](../{path})"
        said = "; ".join(test.removeprefix("test_").replace("_", " ") for test in tests if test)
        parts.append(f"{link}: {said}" if said else link)
    if gap:
        parts.append(f"*gap:* {gap}")
    return "<br>".join(parts) or "—"
