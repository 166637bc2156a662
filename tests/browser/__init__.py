"""The pages in a real browser: Debian's Chromium against `gugan serve` on a copy of the demonstration."""
