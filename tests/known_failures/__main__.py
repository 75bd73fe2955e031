"""Writes the page of known failures."""

from tests.known_failures import PAGE, page

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
