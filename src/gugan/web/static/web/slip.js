/* The slip on paper: the button prints; whoever came by it is asked at once. */
"use strict";

const button = document.getElementById("gg-print");
if (button) {
  button.hidden = false;
  button.addEventListener("click", () => { window.print(); });
  const came = performance.getEntriesByType("navigation")[0];
  // not when the page is loaded again or gone back to
  if (came && came.type === "navigate" && document.referrer.startsWith(location.origin + location.pathname)) {
    window.addEventListener("load", () => { window.print(); });
  }
}
