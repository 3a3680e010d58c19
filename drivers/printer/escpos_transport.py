"""python-escpos' transports as wires: ``escpos+usb://04b8:0202`` and its siblings.

========================================== =====================================================
``escpos+network://host:9100``             TCP (IPv4)
``escpos+usb://04b8:0202?in=82&out=1``     USB, endpoints in hexadecimal, needs pyusb
``escpos+usb://04b8:0202?serial=J7A1``     of two of one model the one with this serial number
``escpos+usb://04b8:0202?place=1-2.3``     or the one in this socket: bus and ports, as lsusb -t
``escpos+serial:///dev/ttyUSB0``           serial; ``drivers.port`` is the better road
``escpos+file:///dev/usb/lp0``             a device file, written only
``escpos+cups://QUEUE``                    a CUPS queue, needs pycups
``escpos+win32://QUEUE``                   a Windows queue, needs pywin32
========================================== =====================================================

Only opening, raw bytes and closing are used: the library's images, barcodes and text let control
bytes through or are not exact.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import logging
import select
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import ParseResult, parse_qs, unquote, urlparse

from drivers.interfaces import DeviceError, DeviceGone, PortBusy, PortRefused
from drivers.port import WriteFailed
from drivers.printer.settings import Delivery

SCHEME = "escpos+"
READ_SECONDS = 0.02
DUMB = frozenset(("file", "cups", "win32"))
"""Transports that cannot read: their printers are never asked anything."""
SPOOLED = frozenset(("cups", "win32"))
FILE_PIECE = 4096
"""A file that says it is writable takes this much without blocking (POSIX PIPE_BUF on Linux)."""

_IMPORTING = threading.Lock()
ALWAYS_RAISED = (OSError, RuntimeError, ValueError, TypeError, AssertionError, ImportError)
RAISED_WHERE_LOADED = (
    ("escpos.exceptions", "Error"),
    ("pywintypes", "error"),
    ("cups", "IPPError"),
    ("cups", "HTTPError"),
)
NOT_FOR_US = frozenset((errno.EACCES, errno.EPERM))
SILENT_ERRNOS = frozenset((errno.ETIMEDOUT, errno.EAGAIN, errno.EWOULDBLOCK, 10060))
"""What pyusb gives for "nothing to read": ETIMEDOUT on Linux, WSAETIMEDOUT on Windows."""


def library_errors() -> tuple[type[Exception], ...]:
    """Return all that the library and what it has loaded may raise; they share no base class."""
    loaded = (getattr(sys.modules.get(module), name, None) for module, name in RAISED_WHERE_LOADED)
    return (*ALWAYS_RAISED, *(error for error in loaded if error is not None))


def load_escpos() -> Any:
    """Return the module ``escpos.printer``, imported on first use: that takes 0.3 s.

    Its import leaves a temporary directory behind, whatever the environment says, and sets up
    logging for the whole process. Both are undone here.
    """
    with _IMPORTING:
        if "escpos.printer" in sys.modules:
            return sys.modules["escpos.printer"]
        with tempfile.TemporaryDirectory(prefix="packbench-escpos-") as home, _contained(home):
            return importlib.import_module("escpos.printer")


@contextmanager
def _contained(home: str) -> Iterator[None]:
    """Make ``home`` this thread's next temporary directory; leave the log as it was."""
    original, here, root = tempfile.mkdtemp, threading.get_ident(), logging.getLogger()
    handlers = list(root.handlers)

    def mkdtemp(*args: Any, **kwargs: Any) -> Any:
        ours = tempfile.mkdtemp is mkdtemp and threading.get_ident() == here
        return home if ours and not args and not kwargs else original(*args, **kwargs)

    tempfile.mkdtemp = mkdtemp
    try:
        yield
    finally:
        tempfile.mkdtemp = original
        for handler in root.handlers[:]:
            if handler not in handlers:
                root.removeHandler(handler)


def is_escpos_url(url: str) -> bool:
    """True for the addresses of this file."""
    return url.lower().startswith(SCHEME)


def answers(url: str) -> bool:
    """False if nothing can be read from a printer at this address."""
    return _kind(urlparse(url)) not in DUMB


def open_escpos(url: str, *, device: str, delivery: Delivery) -> EscposWire:
    """Open a transport; raises PortRefused, PortBusy or DeviceGone."""
    parts = urlparse(url)
    kind = _kind(parts)
    if kind not in TRANSPORTS:
        known = ", ".join(SCHEME + name for name in TRANSPORTS)
        raise PortRefused(device, url, f"未知端口类型 unknown transport; one of {known}")
    wire = (SpoolWire if kind in SPOOLED else EscposWire)(device, url, kind, delivery)
    wire.open(parts)
    return wire


def _kind(parts: ParseResult) -> str:
    return parts.scheme.lower().removeprefix(SCHEME)


class EscposWire:
    """One python-escpos printer, of which only open, raw read and write, and close are used."""

    def __init__(self, device: str, url: str, kind: str, delivery: Delivery) -> None:
        self._device, self._url, self._kind, self._delivery = device, url, kind, delivery
        self._printer: Any = None

    def open(self, parts: ParseResult) -> None:
        """Construct the transport and connect it."""
        with self._told("cannot be opened"):
            printer = self._constructed(parts)
            try:
                printer.open()
            except BaseException:
                # Its destructor closes again, and must find nothing to close.
                printer.device = None
                raise
            self._printer = printer

    def _constructed(self, parts: ParseResult) -> Any:
        name, arguments, needs = TRANSPORTS[self._kind]
        transport = getattr(load_escpos(), name)
        given = arguments(parts, self._delivery)
        if not transport.is_usable():
            # Constructed all the same, it would complain from its destructor, in no one's thread.
            raise ImportError(f"请安装 please install {needs}")
        return transport(**given)

    def read_some(self) -> bytes:
        """Return what has arrived, b"" after 20 ms or if this transport cannot read."""
        if self._kind in DUMB:
            return b""
        self._set_timeout(READ_SECONDS)
        with self._told("the connection was lost"):
            try:
                data = bytes(self._printer._read())  # noqa: SLF001 - the library's only way to read
            except OSError as error:
                if _is_timeout(error):
                    return b""
                raise
        if not data and self._kind == "network":
            raise DeviceGone(self._device, self._url, "对方断开 the printer closed the connection")
        return data

    def write(self, data: bytes) -> None:
        """Hand over all of ``data``; how much of a failed write left is mostly not known."""
        self._set_timeout(self._delivery.write_seconds)
        with self._told("the write failed"):
            if self._kind == "file":
                self._write_file(data)
            else:
                self._printer._raw(data)  # noqa: SLF001 - the only way to write exact bytes

    def _write_file(self, data: bytes) -> None:
        """Write to a blocking file no more at once than it takes without blocking."""
        for start in range(0, len(data), FILE_PIECE):
            self._await_writable(start)
            self._printer._raw(data[start : start + FILE_PIECE])  # noqa: SLF001 - as above

    def _await_writable(self, written: int) -> None:
        if sys.platform == "win32":  # select knows sockets only
            return
        seconds = self._delivery.write_seconds
        if not select.select([], [self._printer.device], [], seconds)[1]:
            reason = f"打印机不收数据 takes no more bytes since {seconds:g} s"
            raise WriteFailed(self._device, self._url, reason, written=written)

    def close(self) -> None:
        """Close the transport."""
        printer, self._printer = self._printer, None
        if printer is not None:
            with self._told("closing failed"):
                if self._kind == "serial":
                    # The library would first wait, for ever, until the printer took all bytes.
                    printer.device.close()
                try:
                    printer.close()
                finally:
                    printer.device = None  # else its destructor would close, and print, once more

    def _set_timeout(self, seconds: float) -> None:
        printer = self._printer
        if printer is None:
            raise DeviceGone(self._device, self._url, "端口已关闭 the port is closed")
        if self._kind == "network":
            printer.device.settimeout(seconds)
        elif self._kind == "serial":
            # The library never sets a write timeout: a printer that stops reading would hang us.
            printer.device.timeout = printer.device.write_timeout = seconds
        elif self._kind == "usb":
            # Writes take the library's timeout, reads pyusb's own, which would be a whole second.
            printer.timeout = printer.device.default_timeout = int(seconds * 1000)

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Turn the library's many exceptions into ours."""
        try:
            yield
        except DeviceError:
            raise
        except library_errors() as error:
            raise self._translate(what, error) from error

    def _translate(self, what: str, error: Exception) -> DeviceError:
        reason = f"{what}: {error or type(error).__name__}"
        cause = error if isinstance(error, OSError) else error.__context__
        number = getattr(cause, "errno", None)
        if number == errno.EBUSY:
            return PortBusy(self._device, self._url, f"端口被占用 port in use: {reason}")
        if number in NOT_FOR_US or isinstance(
            error, (ImportError, RuntimeError, ValueError, TypeError)
        ):
            return PortRefused(self._device, self._url, reason)
        return DeviceGone(self._device, self._url, reason)


def _is_timeout(error: OSError) -> bool:
    return isinstance(error, TimeoutError) or error.errno in SILENT_ERRNOS


class SpoolWire(EscposWire):
    """A print queue: a page is collected here and handed over whole, or not at all."""

    def __init__(self, device: str, url: str, kind: str, delivery: Delivery) -> None:
        super().__init__(device, url, kind, delivery)
        self._page = bytearray()

    def write(self, data: bytes) -> None:
        """Collect ``data``."""
        self._page += data

    def finish(self) -> None:
        """Hand the page to the queue, which takes it when the library closes its job."""
        page = bytes(self._page)
        self._page.clear()
        if self._kind == "win32":
            self._spool(page)
        else:
            super().write(page)
        super().close()

    def _spool(self, page: bytes) -> None:
        """Hand the page to Windows' spooler; the library does not look how much of it was taken.

        Of a page that was not taken whole nothing is to come out: its document is abandoned.
        """
        spooler, handle = sys.modules["win32print"], self._printer.device
        taken = None
        try:
            with self._told("the write failed"):
                taken = spooler.WritePrinter(handle, page)
        finally:
            if taken != len(page):
                self._printer.device = None  # its close would end the document, and print it
                with contextlib.suppress(*library_errors()):
                    spooler.AbortPrinter(handle)
                    spooler.ClosePrinter(handle)
        if taken != len(page):
            raise WriteFailed(
                self._device, self._url,
                f"打印队列只收了一部分 the spooler took {taken} of {len(page)}", written=taken)


Arguments = Callable[[ParseResult, Delivery], dict[str, Any]]


def _network(parts: ParseResult, delivery: Delivery) -> dict[str, Any]:
    if not parts.hostname:
        raise ValueError("no host in the address")
    timeout = delivery.write_seconds
    return {"host": parts.hostname, "port": parts.port or 9100, "timeout": timeout}


def _usb(parts: ParseResult, delivery: Delivery) -> dict[str, Any]:
    vendor, _, product = parts.netloc.partition(":")
    query = parse_qs(parts.query)
    return {
        "idVendor": int(vendor, 16),
        "idProduct": int(product, 16),
        "timeout": int(delivery.write_seconds * 1000),
        "in_ep": int(query.get("in", ["82"])[0], 16),
        "out_ep": int(query.get("out", ["1"])[0], 16),
        **_which(query),
    }


def _which(query: Mapping[str, list[str]]) -> dict[str, Any]:
    """Which of several printers of one model: the library would take whichever comes first."""
    known: dict[str, Any] = {}
    if "serial" in query:
        known["serial_number"] = query["serial"][0]
    if "place" in query:
        place = query["place"][0]
        known["custom_match"] = lambda device: _place_of(device) == place
    return {"usb_args": known} if known else {}


def _place_of(device: Any) -> str:
    """A USB device's socket, "1-2.3": the bus, and the port at each hub on the way."""
    return f"{device.bus}-{'.'.join(map(str, device.port_numbers or ()))}"


def _serial(parts: ParseResult, delivery: Delivery) -> dict[str, Any]:
    return {
        "devfile": unquote(parts.path or parts.netloc),
        "baudrate": delivery.baudrate,
        "bytesize": delivery.bytesize,
        "parity": delivery.parity,
        "stopbits": delivery.stopbits,
        "timeout": READ_SECONDS,
        "dsrdtr": False,
    }


def _file(parts: ParseResult, _delivery: Delivery) -> dict[str, Any]:
    if not parts.path:
        raise ValueError("no path in the address")
    return {"devfile": unquote(parts.path)}


def _queue(parts: ParseResult, _delivery: Delivery) -> dict[str, Any]:
    return {"printer_name": unquote(parts.netloc)}


TRANSPORTS: dict[str, tuple[str, Arguments, str]] = {
    "network": ("Network", _network, ""),
    "usb": ("Usb", _usb, "pyusb"),
    "serial": ("Serial", _serial, "pyserial"),
    "file": ("File", _file, ""),
    "cups": ("CupsPrinter", _queue, "pycups"),
    "win32": ("Win32Raw", _queue, "pywin32"),
}
"""Address to the library's class, its arguments, and the package that it needs."""
