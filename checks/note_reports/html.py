"""Checked notes as a page for the browser: one file without scripts, and without anything that is loaded from elsewhere.

Formulas are MathML, written anew from what was read; all else that comes from a note is escaped text.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from checks.inert import visible
from checks.note_outline import VERDICTS, Chain, NotePage, Remark, Shown, counts, made_with, outcome, pages, pasted, title
from checks.note_reports import NoteReport
from checks.outline import Text
from checks.widths import broken, width
from derive.notation.boxes import NOTHING, SPACE, Box, Sign, row
from derive.notation.mathml_writer import render

if TYPE_CHECKING:
    from checks.environment import Environment
    from checks.notes import CheckedNote
    from checks.reports import Page

_ROOM = 430.0
"""How wide a formula may stand on one line, in points."""
_INDENT = 20.0
_SHORT = 90.0
"""So wide a left side has the right one behind it, and not below it."""
_STYLE = """
:root { --ink: #1b1b1b; --paper: #fffefb; --quiet: #6a6660; --rule: #d9d4c7; --good: #1b6e3c; --open: #0b6a80; --bad: #a8201a;
  --wash: #f6f2e8; --washed-bad: #fbeeea; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e2d8; --paper: #1a1a1c; --quiet: #a09a8e; --rule: #3b3a38;
  --good: #7fce9b; --open: #6fc3d8; --bad: #ff9a8d; --wash: #242426; --washed-bad: #33211f; } }
* { box-sizing: border-box; }
html { font: 17px/1.5 "Latin Modern Roman", "STIX Two Text", Palatino, "Palatino Linotype", Georgia, serif; color: var(--ink);
  background: var(--paper); -webkit-text-size-adjust: 100%; }
body { margin: 0; }
main { max-width: 58rem; margin: 0 auto; padding: 2rem 1.5rem 3rem; }
math { font-family: "Latin Modern Math", "STIX Two Math", "Cambria Math", math; font-size: 1.05em; }
h1 { font-size: 1.6rem; font-weight: normal; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; font-weight: normal; margin: 2.5rem 0 0; overflow-wrap: anywhere; }
.display h2, h3 { font-size: 1rem; font-weight: bold; margin: 0; overflow-wrap: anywhere; }
header { border-bottom: 1px solid var(--rule); padding-bottom: 1rem; margin-bottom: .5rem; }
header p { margin: .4rem 0 0; } .counts { margin: .4rem 0 0; }
.count + .count::before { content: ", "; color: var(--quiet); font-weight: normal; }
.display { border-bottom: 1px solid var(--rule); padding: 1rem 0; }
table { border-collapse: collapse; width: 100%; }
td, th { padding: .3rem 0; vertical-align: baseline; text-align: left; font-weight: normal; }
.place { min-width: 5.5rem; padding-right: 1rem; color: var(--quiet); font-size: .8rem; white-space: nowrap; }
.left { text-align: right; white-space: nowrap; }
.right, .formula { width: 100%; padding-right: 1rem; } .right { white-space: nowrap; }
.line { overflow-x: auto; overflow-y: hidden; padding: .15rem 0; }
.on { padding-left: 2rem; } .far { padding-left: 4rem; }
.verdict { width: 6rem; text-align: right; font-style: italic; white-space: nowrap; }
.good { color: var(--good); } .open { color: var(--open); } .bad { color: var(--bad); font-weight: bold; }
.plain { color: var(--quiet); }
.remarks td { padding: 0 0 .6rem; }
dl { margin: 0; padding: .5rem .9rem; font-size: .92rem; background: var(--wash); border-left: 3px solid var(--rule); }
.wrong dl, .trouble dl { background: var(--washed-bad); border-color: var(--bad); }
dt { font-style: italic; color: var(--quiet); }
dt::after { content: ":"; }
dd { margin: 0 0 .25rem 1.5rem; overflow-wrap: anywhere; }
code, pre { font: .85em/1.45 "Latin Modern Mono", ui-monospace, Consolas, monospace; white-space: pre-wrap;
  overflow-wrap: anywhere; }
pre { margin: .3rem 0; }
mark { background: none; color: inherit; border-bottom: 2px solid var(--bad); }
footer { color: var(--quiet); font-size: .8rem; margin-top: 1.5rem; }
@media (max-width: 44rem) {
  html { font-size: 16px; } main { padding: 1.2rem .9rem 2rem; }
  table, tbody { display: block; }
  tr { display: grid; grid-template-columns: auto 1fr; align-items: baseline; padding: .35rem 0; }
  .place { grid-area: 1 / 1; width: auto; } .verdict { grid-area: 1 / 2; width: auto; }
  .left, .right, .formula { grid-column: 1 / -1; width: auto; text-align: left; overflow-x: auto; overflow-y: hidden;
    padding: .15rem 0; }
  .right { padding-left: 1.2rem; } .left:empty { display: none; }
  .remarks td:empty { display: none; } .remarks td { grid-column: 1 / -1; }
  dl { padding: .4rem .6rem; } dd { margin-left: .8rem; }
}
@media print {
  :root { --ink: #000; --paper: #fff; --quiet: #444; --rule: #bbb; --good: #000; --open: #000; --bad: #000; --wash: #fff;
    --washed-bad: #fff; }
  html { font-size: 11pt; } main { max-width: none; padding: 0; } dl { break-inside: avoid; } h2, h3 { break-after: avoid; }
  td, th { vertical-align: middle; }
  .line { overflow: visible; }
}
"""


def write(notes: Sequence[CheckedNote], environment: Environment, page: Page) -> str:
    """The report as one file."""
    return visible("\n".join(_document(notes, environment, page)) + "\n")


def _document(notes: Sequence[CheckedNote], environment: Environment, page: Page) -> Iterator[str]:
    style = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer">\n<meta name="color-scheme" content="light dark">'
    yield f"<title>{_escaped(title(notes))}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>"
    found = {verdict: count for verdict, count in counts(notes).items() if count}
    told = "".join(f'<span class="count {VERDICTS[verdict]}">{count} {verdict}</span>' for verdict, count in found.items())
    yield f'<header>\n<h1>{_escaped(title(notes))}</h1>\n<p class="counts">{told or "nothing to check"}</p>'
    yield f"<p>{_escaped(outcome(notes))}</p>\n</header>"
    for note in pages(notes):
        yield from _note(note, page, is_alone=len(notes) == 1)
    yield f"<footer>{_escaped(made_with(environment))}</footer>\n</main>\n</body>\n</html>"


def _note(note: NotePage, page: Page, *, is_alone: bool) -> Iterator[str]:
    if not is_alone:
        yield f'<h2>{_escaped(note.file)}</h2>\n<p class="counts">{_escaped(note.summary)}</p>'
    for trouble in note.troubles:
        yield f'<div class="display trouble">{_remarks((trouble,), "")}</div>'
    for chain in note.chains:
        yield from _chain(chain, page, "h2" if is_alone else "h3")


def _chain(chain: Chain, page: Page, heading: str) -> Iterator[str]:
    part = "section" if chain.label else "div"
    label = f"<{heading}>({_escaped(chain.label)})</{heading}>\n" if chain.label else ""
    yield f'<{part} class="display">\n{label}<table>'
    is_wide = any(_width(shown) > _ROOM for shown in chain.rows)
    columns = 1 if is_wide or all(shown.source is not None for shown in chain.rows) else 2
    for shown in chain.rows:
        yield from _row(shown, page, columns)
    yield f"</table>\n</{part}>"


def _width(shown: Shown) -> float:
    return width(shown.left) + width(_related(shown))


def _related(shown: Shown) -> Box:
    """The right side with its sign."""
    return row(Sign(shown.sign), SPACE, shown.right) if shown.sign else shown.right


def _row(shown: Shown, page: Page, columns: int) -> Iterator[str]:
    """A row of a table in which formulas have one column, or two."""
    across = ' colspan="2"' if columns == 2 else ""
    yield f'<tr>\n<th class="place" scope="row">{_text(shown.reason)}</th>'
    if shown.source is not None:
        before, within, behind = map(_escaped, shown.source)
        marked = f"<mark>{within}</mark>" if within else ""
        yield f'<td class="formula"{across}><code>{before} {marked} {behind}</code></td>'
    elif columns == 1:
        yield f'<td class="formula">{"".join(_lines(shown))}</td>'
    else:
        left = "" if shown.continues else _math(shown.left)
        yield f'<td class="left">{left}</td>\n<td class="right">{_math(_related(shown))}</td>'
    yield f'<td class="verdict {shown.tone}">{shown.verdict}</td>\n</tr>'
    snippet = pasted(shown.step) if page.snippets else []
    if shown.remarks:
        below = f"<pre>{_escaped(chr(10).join(snippet))}</pre>" if snippet else ""
        wrong = " wrong" if shown.tone == "bad" else ""
        yield f'<tr class="remarks{wrong}"><td></td><td colspan="{columns + 1}">{_remarks(shown.remarks, below)}</td></tr>'


def _lines(shown: Shown) -> Iterator[str]:
    """A wide row: its left side, and behind or below it the right one, each broken where it is too wide."""
    left = [] if shown.continues else broken(shown.left, _ROOM)
    room = _ROOM - _INDENT
    if len(left) == 1 and width(left[0]) <= _SHORT:
        first, *more = broken(_related(shown), room - width(left[0]))
        left, right = [row(left[0], SPACE, first)], more
    else:
        right = broken(_related(shown), room) if shown.right != NOTHING else []
    for place, part in enumerate(left):
        yield f'<div class="line{" on" if place else ""}">{_math(part)}</div>'
    for place, part in enumerate(right):
        far = " far" if place else ""
        yield f'<div class="line on{far}">{_math(part)}</div>'


def _remarks(remarks: Sequence[Remark], below: str) -> str:
    told = "".join(
        f"<dt>{_escaped(remark.heading)}</dt>" + "".join(f"<dd>{_text(line)}</dd>" for line in remark.lines) for remark in remarks
    )
    return f"<dl>{told}</dl>{below}"


def _math(box: Box) -> str:
    return f'<math displaystyle="true">{render(box)}</math>'


def _text(text: Text) -> str:
    return "".join(_escaped(piece) if isinstance(piece, str) else f"<math>{render(piece)}</math>" for piece in text)


def _escaped(words: str) -> str:
    return html.escape(words, quote=True)


REPORT = NoteReport(name="html", title="a page for the browser", suffix=".html", write=write)
