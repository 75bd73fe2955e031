"""Work shared out to processes: each result is heard as it comes, and no process outlives the one that began it."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Literal, TypeVar

from derive.errors import DeriveError

T = TypeVar("T")
Kind = Literal["result", "done", "failed"]


class WorkerError(DeriveError):
    """A process ended in the middle of its work, or what it met cannot be told."""


def spread(work: Callable[..., Iterable[T]], parts: Sequence[tuple[Any, ...]], processes: int) -> Iterator[T]:
    """The results of ``work(*part)`` for every part, one by one, over so many processes; one process is this one.

    Raises:
        WorkerError: a process was killed. What the work itself raises is raised here.
    """
    if processes <= 1 or len(parts) <= 1:
        for part in parts:
            yield from work(*part)
        return
    # Never a fork: threads of JAX do not survive one.
    context = get_context("spawn")
    left = deque(parts)
    at_work: dict[Connection, BaseProcess] = {}
    try:
        for _ in range(min(processes, len(parts))):
            own, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, work), daemon=True)
            process.start()
            theirs.close()
            at_work[own] = process
            own.send(left.popleft())
        while at_work:
            for pipe in wait(list(at_work)):
                if not isinstance(pipe, Connection):
                    continue
                kind, what = _heard(pipe, at_work[pipe])
                if kind == "result":
                    yield what
                elif kind == "failed":
                    raise what
                elif left:
                    pipe.send(left.popleft())
                else:
                    pipe.close()
                    at_work.pop(pipe).join()
    finally:
        for pipe, process in at_work.items():
            process.terminate()
            process.join()
            pipe.close()


def _heard(pipe: Connection, process: BaseProcess) -> tuple[Kind, Any]:
    try:
        return pipe.recv()
    except (EOFError, OSError) as error:
        process.join()
        raise WorkerError(f"a process ended in the middle of its work: exit code={process.exitcode}, expected 0") from error


def _serve(pipe: Connection, work: Callable[..., Iterable[Any]]) -> None:
    """Do one part after another, until the process that asks for them is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the process that asks: it ends this one
    try:
        while True:
            part = pipe.recv()
            try:
                for found in work(*part):
                    pipe.send(("result", found))
            except (BrokenPipeError, ConnectionResetError):
                return
            except Exception as error:
                _tell(pipe, error)
                return
            pipe.send(("done", None))
    except (EOFError, OSError):
        return


def _tell(pipe: Connection, error: Exception) -> None:
    try:
        pipe.send(("failed", error))
    except OSError:
        return
    except Exception:
        pipe.send(("failed", WorkerError(f"{type(error).__name__}: {error}")))
