"""What is shown of a note steers nothing: neither the terminal that shows a report, nor the log of a service that reads along."""

from __future__ import annotations

import re

from derive.notes import normal_text

_TURNING = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""Characters that change the order in which others are shown: what is written is not what is read."""
_UNSEEN = "\ufffd"


def visible(text: str) -> str:
    """A report without characters that turn its lines around, and without ``##[..]``, an order where GitHub shows its log."""
    return text.translate(dict.fromkeys(_TURNING, _UNSEEN)).replace("##[", f"#{_UNSEEN}[")


def quiet(text: str) -> str:
    """The same of a report for people, in which no line begins with ``::`` either, another such order."""
    return re.sub(r"^([^\S\n]*):(?=:)", rf"\1{_UNSEEN}", visible(text), flags=re.MULTILINE)


_NAMELESS = range(0xD800, 0xE000)
"""What stands for the bytes of a file's name that are no UTF-8: it cannot be written otherwise."""
_ESCAPED = {character: f"\\u{character:04x}" for character in (*_TURNING, *range(0x7F, 0xA0), *_NAMELESS)}


def escaped(text: str) -> str:
    """The same of a report in JSON: its strings are what they were. Control characters below U+0020 are escaped already."""
    return text.translate(_ESCAPED).replace("##[", "#\\u0023[")


def name_of(file: str) -> str:
    """The name of a file, on one line and without characters that steer a terminal."""
    return normal_text(file).replace("\n", _UNSEEN)
