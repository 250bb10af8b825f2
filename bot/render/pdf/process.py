"""PDFs are made in a child process with limits: a bomb in a template or a name ends the child alone.

A warm process (Python's forkserver) has imported WeasyPrint and forks the children; this process never
imports it, and so stays small. A child makes one document after another, each within its own limits, for
what it has read of fonts and style sheets serves the next one too. It ends when nobody asks for a while.
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

ROOM = "bot.render.pdf.child"
START_SECONDS = 60.0
"""A busy machine may take that long to import WeasyPrint; the document's own time begins afterwards."""

START_TRIES, START_PAUSE = 5, 0.1

IDLE_SECONDS = 20.0
"""A child that nobody asks ends after that long, and its memory with it."""

MOST_DOCUMENTS = 50
"""Then a child is replaced, whatever the libraries in it have kept."""

KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME", "FONTCONFIG_FILE")
"""What a child may read of the environment: no secret."""

MakePdf = Callable[[Edition, str, str], bytes]
"""Edition, folder of overriding templates ('' for none) and marking to a PDF. Raises PdfFailed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may take: real seconds, bytes of address space, and bytes of the PDF."""

    seconds: float = 30.0
    memory: int = 1_500_000_000
    output: int = 20_000_000


@dataclass(frozen=True, slots=True)
class _Order:
    edition: Edition
    overrides: str
    marking: str
    folder: str
    scratch: str
    limits: Limits


@dataclass(frozen=True, slots=True)
class _Answer:
    """The PDF, or why there is none and in which `file`; `bug` is a traceback for the log."""

    content: bytes = b""
    why: str = ""
    file: str = ""
    bug: str = ""


def prepare() -> None:
    """Start the warm process, without waiting for it: the first PDF is made sooner."""
    _context()
    forkserver.ensure_running()


def pdf_in_child(edition: Edition, overrides: str, marking: str, limits: Limits = Limits()) -> bytes:
    """The edition as PDF, made in a child process. Raises PdfFailed with a reason for readers."""
    with TemporaryDirectory(prefix="digestbot-pdf-", ignore_cleanup_errors=True) as scratch:
        order = _Order(
            _without_rows(edition), _absolute(overrides), marking, str(Path.cwd()), scratch, limits
        )
        answer = _ordered(order)
    if answer.bug:
        log.error("a PDF could not be made\n%s", answer.bug)
    if answer.why:
        raise PdfFailed(answer.why, answer.file)
    return answer.content


def _ordered(order: _Order) -> _Answer:
    """What came of it. However the child ends, what it wrote beside is removed by this process."""
    worker = _taken(order)
    answer = _answer(worker, order.limits)
    if answer.why or worker.documents >= MOST_DOCUMENTS:
        worker.end()
    else:
        with _lock:
            _idle.append(worker)
    return answer


@dataclass(slots=True)
class _Worker:
    """A child, and this process's end of the pipe to it."""

    child: ForkServerProcess
    pipe: "Connection[object, object]"
    documents: int = 0

    def begins(self, order: _Order) -> bool:
        """Whether it says that it began; else it had ended in the meantime."""
        self.documents += 1
        try:
            self.pipe.send(order)
            return self.pipe.poll(START_SECONDS) and bool(self.pipe.recv())
        except (EOFError, OSError):
            return False

    def end(self) -> None:
        """At once, whatever it does."""
        self.child.kill()
        self.child.join()
        self.pipe.close()


_idle: list[_Worker] = []
_lock = threading.Lock()


@atexit.register
def rest() -> None:
    """End the children that wait, and their memory with them; the next document has a new one."""
    with _lock:
        while _idle:
            _idle.pop().end()


def _taken(order: _Order) -> _Worker:
    """A child that has begun: one that waits, else a new one. Raises PdfFailed."""
    while True:
        with _lock:
            worker = _idle.pop() if _idle else None
        if worker is None:
            break
        if worker.begins(order):
            return worker
        worker.end()
    worker = _started()
    if worker.begins(order):
        return worker
    worker.end()
    raise PdfFailed("the process that makes it did not start")


def _context() -> multiprocessing.context.ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([ROOM])
    return context


def _started() -> _Worker:
    """A child, from a new warm process where the last one was ended by somebody. Raises PdfFailed."""
    for _ in range(START_TRIES):
        here, there = multiprocessing.Pipe()
        child = _context().Process(target=_work, args=(there,), name="pdf", daemon=True)
        try:
            with there:
                child.start()
        except (EOFError, OSError) as error:
            here.close()
            log.warning(
                "the process that makes PDFs is gone (%s); a new one is started", type(error).__name__
            )
            time.sleep(START_PAUSE)
        else:
            return _Worker(child, here)
    raise PdfFailed("the process that makes it did not start")


def _without_rows(edition: Edition) -> Edition:
    """All that paper shows: a table's file has many rows, of which it names only the file."""
    return replace(edition, csvs=tuple(replace(table, rows=()) for table in edition.csvs))


def _absolute(folder: str) -> str:
    return str(Path(folder).absolute()) if folder else ""


def _answer(worker: _Worker, limits: Limits) -> _Answer:
    """What the child says in its time; a child that is late or dead says nothing."""
    late = threading.Event()

    def end() -> None:
        late.set()
        worker.child.kill()

    timer = threading.Timer(limits.seconds, end)
    timer.daemon = True
    timer.start()
    try:
        answer = worker.pipe.recv()
    except (EOFError, OSError):
        return _Answer(why=_ending(worker.child, limits, late.is_set()))
    finally:
        timer.cancel()
    return answer if isinstance(answer, _Answer) else _Answer(why="its process said something else")


def _ending(child: ForkServerProcess, limits: Limits, late: bool) -> str:
    child.join(5.0)
    if late or child.exitcode == -signal.SIGXCPU:
        return f"it took longer than {limits.seconds:g} seconds"
    return f"the process that made it ended ({_how(child.exitcode)})"


def _how(status: int | None) -> str:
    if status is not None and status < 0:
        return signal.Signals(-status).name
    return f"status {status}"


def _work(there: "Connection[object, object]") -> None:
    """In the child: shut itself in, then make one document after another and say how each went."""
    _shut_in()
    while there.poll(IDLE_SECONDS):
        try:
            order = there.recv()
        except EOFError:  # whoever asks has ended
            return
        assert isinstance(order, _Order)  # noqa: S101 - our own process
        there.send("begun")
        _begin(order)
        there.send(_made(order))


def _shut_in() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # a service that stops finishes what it sends
    for name in [name for name in os.environ if name not in KEPT_VARIABLES]:
        del os.environ[name]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _begin(order: _Order) -> None:
    """Where this document looks for files, and its limits: only the soft ones can be raised for the next."""
    os.chdir(order.folder)
    tempfile.tempdir = order.scratch
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + order.limits.seconds) + 2
    for what, most in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, order.limits.memory)):
        resource.setrlimit(what, (most, resource.getrlimit(what)[1]))


def _made(order: _Order) -> _Answer:
    limits = order.limits
    try:
        from bot.render.pdf.child import document

        content = document(order.edition, order.overrides, order.marking)
    except TemplateFailed as error:
        return _Answer(why=str(error), file=error.file)
    except MemoryError:
        return _Answer(why=f"it needs more than {limits.memory // 1_000_000:,} MB of memory")
    except SystemError:
        why = "a library that makes it failed inside, as when memory runs out"
        return _Answer(why=why, bug=traceback.format_exc())
    except RecursionError:
        return _Answer(why="its elements are nested too deeply")
    except Exception as error:
        return _Answer(why=f"this is a bug: {type(error).__name__}", bug=traceback.format_exc())
    if len(content) > limits.output:
        return _Answer(why=f"it is larger than {limits.output // 1_000_000:,} MB")
    return _Answer(content)
