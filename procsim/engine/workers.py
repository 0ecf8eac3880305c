"""Replications on several workers: threads of the fast engine, processes of the reference.

What is kept of a replication is computed where it ran. It comes in the order of the replications, whatever the workers,
and only a few are held at a time: those that are asked for may be thousands.
"""

from __future__ import annotations

import pickle
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import current_process, get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock, current_thread, main_thread
from typing import Any, Protocol, TypeVar

from procsim.engine import native, totals
from procsim.engine.eventlog import EventLog
from procsim.engine.plan import Plan
from procsim.engine.totals import Totals
from procsim.procurement.problems import ModelError

Kept = TypeVar("Kept")
Keep = Callable[[tuple[Totals, ...]], Kept]  # what to keep of a replication, given its totals under each plan

AHEAD = 2  # replications that a worker has in hand: one that it runs, and the next
UNGUARDED = (
    "compare, workers: a worker process ended at once. In a script, put the call under "
    "'if __name__ == \"__main__\":', or leave out workers."
)
ENDED = "compare, workers: a worker process ended before its work, perhaps for want of memory. Take fewer workers."


class Replicate(Protocol):
    """How an engine runs many replications."""

    def __call__(
        self, plans: Sequence[Plan], replications: Sequence[int], workers: int, keep: Keep[Kept]
    ) -> Generator[Kept, None, None]:
        """Run replications under each plan, and give what is kept of each, in order."""
        ...


def threads(
    plans: Sequence[Plan], replications: Sequence[int], workers: int, keep: Keep[Kept]
) -> Generator[Kept, None, None]:
    """The fast engine on threads: what is kept of each replication.

    >>> from procsim import load
    >>> from procsim.engine import compiler
    >>> plan = compiler.make(load("quotation", country="BRN"))
    >>> list(threads([plan], range(1, 4), workers=2, keep=lambda found: found[0].replication))
    [1, 2, 3]
    """
    workers = max(min(workers, len(replications)), 1)
    kernels = [native.Kernel(plan) for plan in plans]
    alone = Lock()  # two threads in `keep` would only pass the interpreter's lock to and fro, at every call of NumPy

    def replicate(number: int) -> Kept:
        found = tuple(kernel.totals(number) for kernel in kernels)
        with alone:
            return keep(found)

    if workers == 1:
        for number in replications:
            yield replicate(number)
        return
    with ThreadPoolExecutor(workers) as pool:  # whoever is free runs the next: processors may not be equally fast
        yield from _in_order((partial(pool.submit, replicate, number) for number in replications), AHEAD * workers)


def by_reference(plan: Plan, replication: int) -> EventLog:
    """Run one replication of the reference with its log, see `reference.simulate`."""
    from procsim.engine import reference  # it takes SimPy, which is slow to import; the fast engine does without

    return reference.simulate(plan, replication)


def processes(
    plans: Sequence[Plan], replications: Sequence[int], workers: int, keep: Keep[Kept]
) -> Generator[Kept, None, None]:
    """The reference in worker processes, or in this one: what is kept of each replication.

    With several workers `keep` and what it gives are pickled. Raises ModelError where a script starts itself again in
    every worker, and where a worker ends before its work.
    """
    replicate, done = partial(_replicate, plans, keep), 0
    workers = max(min(workers, len(replications)), 1)
    if workers == 1:
        for number in replications:
            yield replicate(number)
        return
    if getattr(current_process(), "_inheriting", False):  # as multiprocessing finds out that a script has no guard
        raise SystemExit  # in silence: the process that started this one says why
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        job = Path(folder, "job")  # a pipe would be full of it, and be waited for, where a worker ends without reading
        job.write_bytes(pickle.dumps(replicate))
        pool = ProcessPoolExecutor(workers, get_context("spawn"), _prepare, (job,))
        try:
            for kept in _in_order((partial(_submit, pool, number) for number in replications), AHEAD * workers):
                yield kept
                done += 1
        except BrokenProcessPool:
            raise ModelError([ENDED if done else UNGUARDED]) from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _in_order(tasks: Iterator[Callable[[], Future[Kept]]], most: int) -> Iterator[Kept]:
    """Start the tasks one after the other, `most` of them ahead of the result that is wanted next."""
    started: deque[Future[Kept]] = deque()
    try:
        for start in tasks:
            started.append(start())
            if len(started) == most:
                yield started.popleft().result()
        while started:
            yield started.popleft().result()
    finally:
        for task in started:  # a pool of processes forgets to, if it is gone before its own thread looks
            task.cancel()


def _replicate(plans: Sequence[Plan], keep: Keep[Kept], number: int) -> Kept:
    return keep(tuple(totals.of(by_reference(plan, number)) for plan in plans))


_job: list[Callable[[int], Any]] = []  # what a worker process does; set once, when it starts


def _prepare(job: Path) -> None:
    """In a worker process, before all else; the file is gone where nobody wants the replications any more."""
    with suppress(FileNotFoundError):
        _job.append(pickle.loads(job.read_bytes()))


def _work(number: int) -> Any:
    """In a worker process: run a replication; what is kept of it."""
    (replicate,) = _job
    return replicate(number)


def _submit(pool: ProcessPoolExecutor, number: int) -> Future[Any]:
    """Ask for a replication, which may start a worker."""
    with _deferred(), _uninterrupted():
        return pool.submit(_work, number)


@contextmanager
def _deferred() -> Iterator[None]:
    """Ctrl-C waits until all workers are started: one that was left half way would be waited for at exit, for ever.

    The signal mask of `_uninterrupted` is not enough: another thread, such as the progress bar's, takes the signal.
    """
    if current_thread() is not main_thread():  # no handler can be set here, and none is called here
        yield
        return
    caught: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: caught.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if caught:
            signal.raise_signal(signal.SIGINT)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Workers started in here never see Ctrl-C, which is for this process: it cancels what waits; they end quietly."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
