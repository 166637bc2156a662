/* The two handles over the axes: they fill the date fields, and letting go looks at that day. Without it the fields do. */
"use strict";

(() => {
  const DAY = 86400000;
  let waiting = 0;
  let held = "";

  const dayOf = (handle) => {
    const axes = handle.closest(".gg-axes");
    const today = axes.dataset.today;
    const day = new Date(Date.parse(axes.dataset.first) + Number(handle.value) * DAY).toISOString().slice(0, 10);
    return handle.dataset.field === "known" && day > today ? today : day;
  };

  const show = (handle) => {
    const axes = handle.closest(".gg-axes");
    const day = dayOf(handle);
    handle.value = Math.round((Date.parse(day) - Date.parse(axes.dataset.first)) / DAY);
    handle.setAttribute("aria-valuetext", day);
    document.getElementById(handle.dataset.field).value = day;
  };

  const isHandle = (target) => target instanceof HTMLInputElement && target.matches(".gg-axes input[type=range]");

  const uncover = () => {
    document.querySelectorAll(".gg-axes input[type=range], .gg-drag").forEach((one) => { one.hidden = false; });
    document.querySelectorAll(".gg-axes").forEach((one) => { one.classList.add("gg-live"); });
  };

  document.addEventListener("input", (event) => {
    if (isHandle(event.target)) { show(event.target); }
  });

  // the arrow keys change a day at a time: look once the hand rests
  document.addEventListener("change", (event) => {
    if (!isHandle(event.target)) { return; }
    show(event.target);
    held = event.target.id;
    clearTimeout(waiting);
    waiting = setTimeout(() => document.getElementById("person-days").requestSubmit(), 350);
  });

  document.addEventListener("htmx:afterSettle", () => {
    uncover();
    const sentence = document.getElementById("person-sentence");
    const said = document.getElementById("person-said");
    // the handle in the hand is a new one now, and was covered when the focus came back
    const handle = held && document.activeElement === document.body ? document.getElementById(held) : null;
    if (handle) { handle.focus(); }
    if (sentence && said) { said.textContent = sentence.textContent; }
  });

  uncover();
})();
