"""Makes the pictures of the README from the demonstration: python -m tests.browser.pictures (`make pictures`).

Fixed sizes, the demonstration's own day, nothing that moves: the same commit gives the same pictures. Each is a PNG with
a palette, below 150 KB. Somebody looks at them before they are committed.
"""

from __future__ import annotations

import base64
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import numpy as np
from playwright.sync_api import Browser, Page

from tests.browser import chromium, site
from tests.browser.acts import month_of
from tests.browser.looks import Visitor

FOLDER = site.ROOT / "docs" / "images"
LARGEST = 150_000
COLOURS = 256
PIXELS = """async encoded => {
  const picture = await createImageBitmap(await (await fetch("data:image/png;base64," + encoded)).blob());
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const pen = canvas.getContext("2d");
  pen.drawImage(picture, 0, 0);
  const bytes = pen.getImageData(0, 0, picture.width, picture.height).data;
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) {
    text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  }
  return [picture.width, picture.height, btoa(text)];
}"""


@dataclass(frozen=True)
class Picture:
    """One picture: whose screen, how large, which address, what is done on the page before."""

    name: str
    role: str
    address: str
    width: int = 1280
    height: int = 800
    before: Callable[[Page], object] = lambda page: None


def pictures(served: site.Site) -> list[Picture]:
    """The story of the README, in its order."""
    run = month_of(served)[0]
    sealed = served.ask("select max(id) from runs_run where state in ('sealed', 'paid')")[0][0]
    sun = UUID(str(served.ask("select public_id from records_person where name = '孙磊新'")[0][0]))
    return [
        Picture("home", "经办", "/"),
        Picture("roster", "经办", "/people/", width=1440, height=760),
        Picture("person", "经办", f"/people/{sun}/"),
        Picture("month", "经办", f"/pay/{run}/", height=900),
        Picture("why", "经办", f"/pay/{sealed}/{sun}/?depth=2", before=to_the_tree, height=760),
        Picture("policy", "经办", "/policies/9901/", height=760),
        Picture("worker", "本人", "/me/", width=390, height=800),
    ]


def to_the_tree(page: Page) -> None:
    """Scroll to why the figure is what it is."""
    page.locator(".gg-tree").first.evaluate(
        "tree => window.scrollTo(0, tree.closest('section').getBoundingClientRect().top + scrollY - 76)"
    )


def take(browser: Browser, served: site.Site, one: Picture) -> bytes:
    """Return the picture as a PNG with a palette."""
    shape = chromium.settings(one.width) | {"viewport": {"width": one.width, "height": one.height}}
    context = browser.new_context(base_url=served.address, **shape)
    try:
        visitor = Visitor(context.new_page(), one.role)
        visitor.sign_in()
        visitor.go(one.address, axe=False)
        one.before(visitor.page)
        shot = visitor.page.screenshot(animations="disabled", caret="hide")
        context.new_page()
        blank = context.pages[-1]
        width, height, raw = blank.evaluate(PIXELS, base64.b64encode(shot).decode())
    finally:
        context.close()
    return with_palette(np.frombuffer(base64.b64decode(raw), np.uint8).reshape(height, width, 4)[:, :, :3])


def with_palette(pixels: np.ndarray) -> bytes:
    """A PNG of the commonest 256 colours (height × width × RGB in bytes); any other becomes the nearest of them."""
    height, width, _ = pixels.shape
    packed = pixels.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    colours, where, counts = np.unique(packed, return_inverse=True, return_counts=True)
    best = np.argsort(-counts, kind="stable")[:COLOURS]
    apart = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1).astype(np.int32)
    palette = apart[best]
    nearest = np.empty(len(colours), np.uint8)
    for start in range(0, len(colours), 4096):
        part = apart[start : start + 4096]
        nearest[start : start + 4096] = ((part[:, None, :] - palette[None]) ** 2).sum(axis=2).argmin(axis=1)
    rows = np.zeros((height, width + 1), np.uint8)
    rows[:, 1:] = nearest[where.reshape(height, width)]
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
        + _chunk(b"PLTE", palette.astype(np.uint8).tobytes())
        + _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def main(folder: Path = FOLDER) -> int:
    """Make all pictures; 1 if one is too large."""
    folder.mkdir(parents=True, exist_ok=True)
    too_large = []
    with tempfile.TemporaryDirectory(prefix="gugan-pictures-") as made:
        home = Path(made) / "demo"
        site.prepare(home)
        with site.served(home, Path(made) / "served") as served, chromium.browser() as browser:
            for one in pictures(served):
                content = take(browser, served, one)
                (folder / f"{one.name}.png").write_bytes(content)
                print(f"{len(content) / 1000:6.0f} KB  {one.name}", flush=True)
                if len(content) >= LARGEST:
                    too_large.append(one.name)
    if too_large:
        print(f"太大 / too large: {', '.join(too_large)}", file=sys.stderr)
    return 1 if too_large else 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
