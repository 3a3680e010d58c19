"""Runs the tests of a module on the module with a mistake in it, as quickly as can be.

The tests are collected once. A first run says which lines each test goes through and how long it
takes. For each mistake a copy of the process gets the function with the mistake in place of the
right one, and runs the tests that come by its statement: those that noticed the mistakes before
first, then the quick ones. What had its effect while the module was being imported is put in place
of what the module said then, where its tests still pass with what it says without a mistake; what
nobody notices so, or cannot be put in, is imported by a fresh process.
"""

from __future__ import annotations

import ast
import gc
import importlib
import importlib.abc
import importlib.util
import os
import pickle
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from mistakes import Mistake

ROOT = Path(__file__).resolve().parent.parent

_PYTEST = ("-qq", "-s", "-n", "0", "-p", "no:cacheprovider", "-p", "no:randomly",
           "-p", "no:schemathesis")
_MEMORY = 4 << 30  # a loop that never ends fills no more than this
_LATELY = 20  # so many tests that noticed something come before the quick ones

_REMEMBERING = type(cache(print))

_EXAMPLES = 30  # of a property where a test asks for no number of its own

Told = Callable[[Path, Mistake, str, str], None]
"""Is told of each mistake how it ended and which test noticed it."""


@dataclass
class Known:
    """What the run without a mistake showed of the tests."""

    seconds: dict[str, float] = field(default_factory=dict)
    by_line: dict[tuple[str, int], set[str]] = field(default_factory=dict)
    imported: set[tuple[str, int]] = field(default_factory=set)
    lately: list[str] = field(default_factory=list)

    def order(self, test: str) -> tuple[int, float]:
        """Sorts the tests: what noticed something lately, then the quick ones."""
        late = self.lately.index(test) if test in self.lately else _LATELY
        return late, self.seconds.get(test, 0.0)

    def noticed(self, test: str) -> None:
        """This test was the one."""
        self.lately = [test, *(one for one in self.lately if one != test)][:_LATELY]

    def reaching(self, module: Path, mistake: Mistake) -> list[str] | None:
        """The tests that come by the mistake; None if its effect is at import."""
        lines = [(str(module), n) for n in range(mistake.line, mistake.last_line + 1)]
        if not self.imported.isdisjoint(lines):
            return None
        tests = set[str]().union(*(self.by_line.get(line, ()) for line in lines))
        return sorted(tests, key=self.order)

    def of(self, module: Path) -> list[str]:
        """All tests, those first that come by anything in this module: a value needs no line."""
        reach = set[str]().union(
            *(tests for (file, _), tests in self.by_line.items() if file == str(module)))
        return sorted(self.seconds, key=lambda test: (*self.order(test)[:1], test not in reach,
                                                      self.seconds[test]))

    def limit_s(self, tests: Iterable[str]) -> int:
        """After so long, with others on the machine, they hang."""
        return 30 + int(10 * sum(self.seconds.get(test, 1.0) for test in tests))


Plan = Mapping[Path, Sequence[Mistake]]


def run(tests: Sequence[str], plan: Plan, told: Told) -> None:
    """Tell of each mistake how it ends. RuntimeError if the tests do not pass without one."""
    with TemporaryDirectory(prefix="mutation-") as folder:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = f"{folder}/hypothesis"
        options = (*_PYTEST, f"--basetemp={folder}/tests", *tests)
        left = Path(folder) / "left"
        child = os.fork()
        if child == 0:
            _leave(_within_pytest, options, _Warm(plan, told, left))
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) or not left.exists():
            raise RuntimeError(f"{' '.join(tests)}: the tests do not pass without a mistake")
        known, cold, loaded = pickle.loads(left.read_bytes())  # noqa: S301 - by our own child
        for lent in loaded if cold else ():  # once, and not in each process
            with suppress(ImportError):
                importlib.import_module(lent)
        for module, mistake in cold:
            told(module, mistake, *_cold(tests, options, known, module, mistake))


def _leave(work: Callable[..., int], *facts: Any) -> None:
    """End this process with what ``work`` says, and nothing of the parent's on the way."""
    code = 70
    try:
        code = work(*facts)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _within_pytest(options: Sequence[str], plugin: object) -> int:
    import pytest  # noqa: PLC0415 - in the child alone

    os.chdir(ROOT)
    return int(pytest.main(list(options), plugins=[plugin]))


def _silence() -> None:
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)


def _bound(limit_s: int) -> None:
    """No more time and memory than this for what may never end."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(limit_s)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _outcome(limit_s: int, work: Callable[[Callable[[str], None]], int]) -> tuple[str, str]:
    """How ``work`` ended in a process of its own, and what it said on the way."""
    hears, says = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(hears)
        _silence()
        _bound(limit_s)
        _leave(work, lambda word: os.write(says, word.encode()))
    os.close(says)
    with os.fdopen(hears, encoding="utf-8", errors="replace") as pipe:
        word = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return ("hung" if os.WTERMSIG(status) == signal.SIGALRM else "broke"), ""
    # 5: no test was left; 2, 3, 4, 70: the module can no longer be imported, or nothing goes on
    end = {0: "survived", 5: "survived", 1: "failed"}.get(os.WEXITSTATUS(status), "broke")
    return end, word


# --- Mistakes inside functions: the process is copied -------------------------------------------


class _Tests:
    """What both ways of running share: quick property tests, the same every time."""

    def pytest_collection(self) -> None:
        from hypothesis import Phase, settings  # noqa: PLC0415 - after the tests' own settings

        settings.register_profile("mutation", settings(), derandomize=True, database=None,
                                  max_examples=_EXAMPLES, phases=(Phase.explicit, Phase.generate))
        settings.load_profile("mutation")


class _Warm(_Tests):
    """Collects the tests, runs them once, and then on every mistake that is in a function."""

    def __init__(self, plan: Plan, told: Told, left: Path) -> None:
        self.plan, self.told, self.left = plan, told, left
        self.known = Known()
        self.items: dict[str, Any] = {}
        self.imports = _Footprints(plan)
        self.imports.begin()  # the first files are imported before the tests are collected

    def pytest_runtestloop(self, session: Any) -> bool:
        self.imports.end()
        if session.testsfailed:
            return True
        self.known = self._first_run(session)
        self.items = {item.nodeid: item for item in session.items}
        cold = []
        for module, made in self.plan.items():
            late = [mistake for mistake in made if not self._hot(session, module, mistake)]
            if late and self._said_again(session, module, _right(module)) == ("survived", ""):
                late = [one for one in late if not self._replaced(session, module, one)]
            cold += [(module, mistake) for mistake in late]
        self.left.write_bytes(pickle.dumps((self.known, cold, list(_lent()))))
        return True

    def _first_run(self, session: Any) -> Known:
        path = self.left.with_suffix(".known")
        end, word = _outcome(3600, lambda say: self._watched(session, path, say))
        if end != "survived":
            print(f"without any mistake: {end} {word}", file=sys.stderr, flush=True)
            raise SystemExit(1)
        known: Known = pickle.loads(path.read_bytes())  # noqa: S301 - written by our own child
        return known

    def _watched(self, session: Any, path: Path, say: Callable[[str], None]) -> int:
        known = Known(imported=self.imports.seen)
        for item, following in zip(session.items, [*session.items[1:], None], strict=True):
            steps = _Footprints(self.plan)
            _forget(self.plan)
            begin = time.monotonic()
            with steps.watched():
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                say(item.nodeid)
                return 1
            known.seconds[item.nodeid] = time.monotonic() - begin
            for line in steps.seen:
                known.by_line.setdefault(line, set()).add(item.nodeid)
        path.write_bytes(pickle.dumps(known))
        return 0

    def _hot(self, session: Any, module: Path, mistake: Mistake) -> bool:
        """Tell how this mistake ends; False if it takes a process that imports it."""
        tests = self.known.reaching(module, mistake)
        changes = None if tests is None else _changes(module, mistake.tree)
        if tests is None or changes is None:
            return False

        def work(say: Callable[[str], None]) -> int:
            for function, code in changes:
                function.__code__ = code
            return self._tried(session, tests, say)

        end, test = _outcome(self.known.limit_s(tests), work) if tests else ("unseen", "")
        self._told(module, mistake, end, test)
        return True

    def _replaced(self, session: Any, module: Path, mistake: Mistake) -> bool:
        """Tell that a mistake which works at import was noticed; False if it was not."""
        end, test = self._said_again(session, module, mistake.tree)
        if end in {"failed", "hung"}:
            self._told(module, mistake, end, test)
        return end in {"failed", "hung"}

    def _said_again(self, session: Any, module: Path, tree: ast.Module) -> tuple[str, str]:
        """How the module's tests end when it says this."""
        tests = self.known.of(module)

        def work(say: Callable[[str], None]) -> int:
            _say_again(module, tree)
            return self._tried(session, tests, say)

        return _outcome(self.known.limit_s(tests), work)

    def _told(self, module: Path, mistake: Mistake, end: str, test: str) -> None:
        if test:
            self.known.noticed(test)
        self.told(module, mistake, end, test)

    def _tried(self, session: Any, tests: Sequence[str], say: Callable[[str], None]) -> int:
        items = [self.items[test] for test in tests]
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                say(item.nodeid)
                return 1
        return 0


def _lent() -> Iterator[str]:
    """What was loaded of others, but for pytest and its plugins: they want to load themselves."""
    testers = {"pytest", "_pytest", "pluggy", "coverage"}
    for plugin in entry_points(group="pytest11"):
        files = (plugin.dist.files if plugin.dist else None) or ()
        testers |= {file.parts[0].removesuffix(".py") for file in files}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        if "site-packages" in file and name.partition(".")[0] not in testers:
            yield name


def _forget(modules: Iterable[Path]) -> None:
    """Empty what ``@cache`` remembers in these: each test goes the whole way by itself."""
    names = set(map(_name, modules))
    for one in gc.get_objects():
        if isinstance(one, _REMEMBERING) and one.__module__ in names:
            one.cache_clear()


def _changes(module: Path, tree: ast.Module) -> list[tuple[FunctionType, CodeType]] | None:
    """The functions to change, with the code they get; None if it cannot be put in place."""
    codes = dict(_codes(compile(tree, str(module), "exec", dont_inherit=True)))
    changes = []
    for function in gc.get_objects():
        if not isinstance(function, FunctionType) or function.__code__.co_filename != str(module):
            continue
        old = function.__code__
        new = codes.get((old.co_qualname, old.co_firstlineno))
        if new is None or new.co_freevars != old.co_freevars:
            return None
        if new != old:
            changes.append((function, new))
    return changes or None


def _codes(code: CodeType) -> Iterator[tuple[tuple[str, int], CodeType]]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield (inner.co_qualname, inner.co_firstlineno), inner
            yield from _codes(inner)


# --- Mistakes that work at import: what the module said is replaced -----------------------------


def _right(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


def _name(module: Path) -> str:
    *packages, last = module.relative_to(ROOT).with_suffix("").parts
    return ".".join(packages if last == "__init__" else [*packages, last])


def _say_again(module: Path, tree: ast.Module) -> None:
    """Run the module's text anew; its functions and classes stay, and become what it says."""
    old = sys.modules[_name(module)]
    new = ModuleType(old.__name__)
    exec(compile(tree, str(module), "exec", dont_inherit=True), new.__dict__)  # noqa: S102
    for name, now in list(vars(new).items()):
        before = vars(old).get(name)
        if name.startswith("__") or now is before:
            continue
        if isinstance(before, type) and before.__module__ == old.__name__:
            _become_class(before, now)
        elif not _become(before, now):
            for loaded in list(sys.modules.values()):
                if getattr(loaded, "__dict__", {}).get(name) is before:
                    setattr(loaded, name, now)


def _become_class(before: type, now: type) -> None:
    for name, value in vars(now).items():
        mine = vars(before).get(name)
        if not _become(mine, value) and isinstance(value, int | float | str | bytes | tuple):
            with suppress(AttributeError, TypeError):
                setattr(before, name, value)


def _become(before: Any, now: Any) -> bool:
    """True if this was a function, of whatever kind, and is now the other one."""
    if isinstance(before, property):
        return _become(before.fget, now.fget)
    before, now = (getattr(one, "__func__", one) for one in (before, now))
    if not isinstance(before, FunctionType):
        return False
    before.__code__ = now.__code__
    before.__defaults__, before.__kwdefaults__ = now.__defaults__, now.__kwdefaults__
    return True


class _Footprints:
    """Which lines of the watched modules are run."""

    def __init__(self, modules: Iterable[Path]) -> None:
        self.seen: set[tuple[str, int]] = set()
        self._names = frozenset(str(module) for module in modules)

    def begin(self) -> None:
        threading.settrace(self._entered)
        sys.settrace(self._entered)

    def end(self) -> None:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]

    @contextmanager
    def watched(self) -> Iterator[None]:
        self.begin()
        try:
            yield
        finally:
            self.end()

    def _entered(self, frame: FrameType, event: str, arg: Any) -> Any:  # noqa: ARG002
        return self._step if frame.f_code.co_filename in self._names else None

    def _step(self, frame: FrameType, event: str, arg: Any) -> Any:  # noqa: ARG002
        self.seen.add((frame.f_code.co_filename, frame.f_lineno))
        return self._step


# --- Mistakes that work at import: a fresh process ----------------------------------------------


class _Instead(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads this tree where the module of this name is asked for."""

    def __init__(self, path: Path, tree: ast.Module) -> None:
        self.path, self.tree = path, tree
        self.name = _name(path)
        assert self.name not in sys.modules, f"{self.name} was imported before its mistake"

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:  # noqa: ARG002
        if fullname != self.name:
            return None
        inside = [str(self.path.parent)] if self.path.stem == "__init__" else None
        return importlib.util.spec_from_file_location(
            fullname, self.path, loader=self, submodule_search_locations=inside)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.tree, str(self.path), "exec"), module.__dict__)  # noqa: S102


class _Sorted(_Tests):
    """Runs the tests in this order until one fails; those that nobody knows come last."""

    def __init__(self, order: Sequence[str], say: Callable[[str], None]) -> None:
        self.places, self.say = {test: place for place, test in enumerate(order)}, say

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items.sort(key=lambda item: self.places.get(item.nodeid, len(self.places)))

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.say(report.nodeid)


def _cold(
    tests: Sequence[str], options: Sequence[str], known: Known, module: Path, mistake: Mistake
) -> tuple[str, str]:
    """First the two likeliest files of tests alone, for collecting takes its time; then all."""
    wanted = known.of(module)
    likely = list(dict.fromkeys(test.partition("::")[0] for test in wanted))[:2]
    places = [one for one in tests if (ROOT / one).exists()]
    few = [*(one for one in options if one not in places), *likely]
    known_places = all((ROOT / one).exists() for one in likely)  # not outside of the project
    for arguments in (few, options) if known_places else (options,):
        def work(say: Callable[[str], None], arguments: Sequence[str] = arguments) -> int:
            sys.meta_path.insert(0, _Instead(module, mistake.tree))
            return _within_pytest(("-x", *arguments), _Sorted(wanted, say))

        end, test = _outcome(60 + known.limit_s(wanted), work)
        if end != "survived":
            break
    if test:
        known.noticed(test)
    return end, test
