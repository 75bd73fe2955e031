"""The page of known failures is true: each row has the verdict that is told of it, and none is false and accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.known_failures import PAGE, ROOM, SECTIONS, SETTLED, Failure, failure, failures, page

KNOWN = {f"{section.folder}/{one.path.stem}": one for section in SECTIONS for one in failures(section)}
NOTE = """# A title

Why.

<!-- right: {right} ; today: {today} -->

```derive
const p in positive
```

$$ {row} $$
"""


def told(one: Failure) -> str:
    """What is not as it is told of a note; empty where all is."""
    found = one.found()
    if found in SETTLED[one.right]:
        return f"{one.title} works now ({found}): take it from the page"
    return "" if found == one.today else f"{one.title} is {found} now, not {one.today}"


@pytest.mark.parametrize("name", KNOWN)
def test_it_fails_as_it_is_told(name: str) -> None:
    assert not told(KNOWN[name])


def test_nothing_false_is_accepted_and_nothing_true_refuted() -> None:
    assert not [name for name, one in KNOWN.items() if one.kind in ("false_accepts", "false_alarms")]


def test_every_note_is_in_the_folder_where_it_belongs() -> None:
    assert [name for name, one in KNOWN.items() if name.split("/")[0] != one.kind] == []
    assert {path for path in ROOM.rglob("*.md") if path != PAGE} == {one.path for one in KNOWN.values()}
    assert all(one.today not in SETTLED[one.right] for one in KNOWN.values())


def test_the_page_lists_them_all() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.known_failures writes it"
    for one in KNOWN.values():
        assert one.path.name in page() and one.row.replace("|", "\\|") in page()


@pytest.mark.parametrize(
    ("right", "today", "row", "answer"),
    [
        ("true", "unknown", "p = p", "A title works now (proved)"),
        ("false", "unread", "p + 1 = p", "A title works now (refuted)"),
        ("open", "unread", "p = p", "A title works now (proved)"),
        ("true", "unknown", r"\\operatorname{foo}(p) = p", "A title is unread now, not unknown"),
    ],
)
def test_a_row_that_comes_out_otherwise_is_seen(tmp_path: Path, right: str, today: str, row: str, answer: str) -> None:
    path = tmp_path / "note.md"
    path.write_text(NOTE.format(right=right, today=today, row=row), encoding="utf-8")
    assert told(failure(path)).startswith(answer)


def test_a_note_that_tells_nothing_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "note.md"
    path.write_text("# A title\n\n$$ p = p $$\n", encoding="utf-8")
    with pytest.raises(ValueError, match="does not say"):
        failure(path)
