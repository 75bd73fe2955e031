"""Writing a report to a file: all of it or nothing, and one clear line where that is not possible."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path

from derive.errors import DeriveError


class SavingError(DeriveError):
    """A report could not be written where it was asked for."""


def save(text: str, path: Path) -> None:
    """Write ``text`` to ``path`` in UTF-8, atomically: whoever reads sees the old file or the new one.

    A link is followed. A device or a pipe cannot be replaced and is written to.

    Raises:
        SavingError: it could not be written; a file that was there before is as it was.
    """
    check(path)
    try:
        if path.exists() and not path.is_file():
            # By its own name: a link such as /dev/stdout may lead to something that has no name in any folder.
            path.write_text(text, encoding="utf-8")
            return
        _replace(text, Path(os.path.realpath(path)))
    except OSError as error:
        reason = error.strerror or str(error)
        raise SavingError(f"cannot write: file={str(path)!r}, {reason}; try another place with -o") from error


def check(path: Path) -> None:
    """See that there is a place for the file, before any work is done for it.

    Raises:
        SavingError: its folder does not exist, or it is a folder itself.
    """
    target = Path(os.path.realpath(path))
    if path.exists() and not path.is_file() and not path.is_dir():
        return
    if target.is_dir():
        raise SavingError(f"cannot write: file={str(path)!r} is a folder, expected a file")
    if not target.parent.is_dir():
        raise SavingError(f"cannot write: file={str(path)!r}, there is no folder {str(path.parent)!r}")


def _replace(text: str, target: Path) -> None:
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask()
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def _umask() -> int:
    """The mask for new files; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
