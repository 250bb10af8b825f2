"""A pool of child processes that make PDFs within limits: a bomb in a template ends the child alone.

Python's forkserver preloads WeasyPrint and forks the children; this process never imports it and stays
small. A child makes one document after another, each within its own limits, and reuses the fonts and style
sheets that it has read. It exits after a failure, after 50 documents, and after 20 idle seconds.
"""

import atexit
import logging
import multiprocessing
import os
import resource
import signal
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.errors import PdfFailed, TemplateFailed
from bot.model import Edition

log = logging.getLogger("bot.render")

PRELOADED_MODULE = "bot.render.pdf.child"
START_SECONDS = 60.0
"""Time to import WeasyPrint on a busy machine; the document's own time begins afterwards."""

START_TRIES, START_PAUSE = 5, 0.1

IDLE_SECONDS = 20.0
"""Time after which an idle child exits and frees its memory."""

MAX_DOCUMENTS = 50
"""Documents after which a child is replaced, in case its libraries leak memory."""

ALLOWED_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME", "FONTCONFIG_FILE")
"""Environment variables of a child: no secrets."""

MakePdf = Callable[[Edition, str, str], bytes]
"""Return the PDF of an edition, a folder of overrides ('' for none) and a marking. Raise PdfFailed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one document: wall-clock seconds, bytes of address space, and bytes of the PDF."""

    seconds: float = 30.0
    memory: int = 1_500_000_000
    output: int = 20_000_000


@dataclass(frozen=True, slots=True)
class _Request:
    edition: Edition
    overrides: str
    marking: str
    folder: str
    scratch: str
    limits: Limits


@dataclass(frozen=True, slots=True)
class _Response:
    """The PDF, or the reason why not and the `file` at fault; `bug` is a traceback for the log."""

    content: bytes = b""
    reason: str = ""
    file: str = ""
    bug: str = ""


def prepare() -> None:
    """Start the forkserver without waiting for it, so that the first PDF is ready sooner."""
    _context()
    forkserver.ensure_running()


def pdf_in_child(edition: Edition, overrides: str, marking: str, limits: Limits = Limits()) -> bytes:
    """Return the edition as PDF, made in a child process. Raise PdfFailed with a reason for readers."""
    with TemporaryDirectory(prefix="digestbot-pdf-", ignore_cleanup_errors=True) as scratch:
        folder = overrides and str(Path(overrides).absolute())
        # A PDF names only the files of the CSV tables: their rows stay here.
        bare = replace(edition, csvs=tuple(replace(table, rows=()) for table in edition.csvs))
        request = _Request(bare, folder, marking, str(Path.cwd()), scratch, limits)
        response = _submit(request)
    if response.bug:
        log.error("a PDF could not be made\n%s", response.bug)
    if response.reason:
        raise PdfFailed(response.reason, response.file)
    return response.content


def _submit(request: _Request) -> _Response:
    worker = _acquire(request)
    response = _response(worker, request.limits)
    if response.reason or worker.documents >= MAX_DOCUMENTS:
        worker.kill()
    else:
        with _lock:
            _idle.append(worker)
    return response


@dataclass(slots=True)
class _Worker:
    """A child, and this process's end of the pipe to it."""

    child: ForkServerProcess
    pipe: "Connection[object, object]"
    documents: int = 0

    def accepts(self, request: _Request) -> bool:
        """Send the request. Return whether the child confirms it; it may have exited meanwhile."""
        self.documents += 1
        try:
            self.pipe.send(request)
            return self.pipe.poll(START_SECONDS) and bool(self.pipe.recv())
        except (EOFError, OSError):
            return False

    def kill(self) -> None:
        """End the child at once."""
        self.child.kill()
        self.child.join()
        self.pipe.close()


_idle: list[_Worker] = []
_lock = threading.Lock()


@atexit.register
def stop_idle_workers() -> None:
    """End the idle children and free their memory; the next document starts a new one."""
    with _lock:
        while _idle:
            _idle.pop().kill()


def _acquire(request: _Request) -> _Worker:
    """Return an idle or new child that has accepted the request. Raise PdfFailed."""
    while True:
        with _lock:
            idle = _idle.pop() if _idle else None
        worker = idle or _start_worker()
        if worker.accepts(request):
            return worker
        worker.kill()
        if idle is None:
            raise PdfFailed("the process that makes it did not start")


def _context() -> multiprocessing.context.ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([PRELOADED_MODULE])
    return context


def _start_worker() -> _Worker:
    """Start a child; start the forkserver again if it was killed. Raise PdfFailed."""
    for _ in range(START_TRIES):
        ours, theirs = multiprocessing.Pipe()
        child = _context().Process(target=_serve, args=(theirs,), name="pdf", daemon=True)
        try:
            with theirs:
                child.start()
        except (EOFError, OSError) as error:
            ours.close()
            log.warning(
                "the process that makes PDFs is gone (%s); a new one is started", type(error).__name__
            )
            time.sleep(START_PAUSE)
        else:
            return _Worker(child, ours)
    raise PdfFailed("the process that makes it did not start")


def _response(worker: _Worker, limits: Limits) -> _Response:
    """Wait for the child's response; kill the child when its time is over."""
    late = threading.Event()

    def kill() -> None:
        late.set()
        worker.child.kill()

    timer = threading.Timer(limits.seconds, kill)
    timer.daemon = True
    timer.start()
    try:
        response = worker.pipe.recv()
    except (EOFError, OSError):
        return _Response(reason=_exit_reason(worker.child, limits, late.is_set()))
    finally:
        timer.cancel()
    if isinstance(response, _Response):
        return response
    return _Response(reason="its process said something else")


def _exit_reason(child: ForkServerProcess, limits: Limits, late: bool) -> str:
    child.join(5.0)
    if late or child.exitcode == -signal.SIGXCPU:
        return f"it took longer than {limits.seconds:g} seconds"
    status = child.exitcode
    ending = signal.Signals(-status).name if status is not None and status < 0 else f"status {status}"
    return f"the process that made it ended ({ending})"


def _serve(pipe: "Connection[object, object]") -> None:
    """Run in the child: isolate it, then make documents until idle or orphaned."""
    _isolate()
    while pipe.poll(IDLE_SECONDS):
        try:
            request = pipe.recv()
        except EOFError:  # the parent has exited
            return
        assert isinstance(request, _Request)  # noqa: S101 - our own process
        pipe.send("begun")
        _apply_limits(request)
        pipe.send(_make(request))


def _isolate() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # a service that stops finishes its deliveries
    for name in [name for name in os.environ if name not in ALLOWED_VARIABLES]:
        del os.environ[name]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _apply_limits(request: _Request) -> None:
    """Set folders and resource limits of one document: soft limits, which can be raised for the next."""
    os.chdir(request.folder)
    tempfile.tempdir = request.scratch
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + request.limits.seconds) + 2
    for limit, value in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, request.limits.memory)):
        resource.setrlimit(limit, (value, resource.getrlimit(limit)[1]))


def _make(request: _Request) -> _Response:
    limits = request.limits
    try:
        from bot.render.pdf.child import document

        content = document(request.edition, request.overrides, request.marking)
    except TemplateFailed as error:
        return _Response(reason=str(error), file=error.file)
    except MemoryError:
        return _Response(reason=f"it needs more than {limits.memory // 1_000_000:,} MB of memory")
    except SystemError:
        reason = "a library that makes it failed inside, as when memory runs out"
        return _Response(reason=reason, bug=traceback.format_exc())
    except RecursionError:
        return _Response(reason="its elements are nested too deeply")
    except Exception as error:
        return _Response(reason=f"this is a bug: {type(error).__name__}", bug=traceback.format_exc())
    if len(content) > limits.output:
        return _Response(reason=f"it is larger than {limits.output // 1_000_000:,} MB")
    return _Response(content)
