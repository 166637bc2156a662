/* What pages gain from a script; every one of them works without it. */
"use strict";

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    const box = document.getElementById("gg-q");
    if (box) { event.preventDefault(); box.focus(); box.select(); }
  }
  // ← closes and → opens a branch of an explanation
  const branch = event.target instanceof Element ? event.target.closest(".gg-tree summary") : null;
  if (branch && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
    branch.parentElement.open = event.key === "ArrowRight";
    event.preventDefault();
  }
  if (event.key === "Escape") {
    document.querySelectorAll("details.gg-menu[open]").forEach((menu) => { menu.open = false; });
  }
});

document.addEventListener("click", (event) => {
  document.querySelectorAll("details.gg-menu[open]").forEach((menu) => {
    if (!menu.contains(event.target)) { menu.open = false; }
  });
});

// a choice in a filter bar acts at once; its button is for those without a script
document.addEventListener("change", (event) => {
  const form = event.target instanceof HTMLSelectElement ? event.target.closest("form.gg-filters") : null;
  if (form) { form.requestSubmit(); }
});

// a form goes once: the second press of a hurried hand is dropped
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") { return; }
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
});

const list = document.querySelector(".gg-errors");
if (list) { list.focus(); }
