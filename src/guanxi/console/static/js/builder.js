// Comfort for the builder of audiences, which works without it: hands stay where they were, steps are taken back, and
// figures that are not of this sentence any more say so.
(() => {
  "use strict";
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const box = () => document.getElementById("builder");
  const rule = () => document.getElementById("rule");
  const form = () => document.getElementById("audience");
  let act = "";

  // The form as it is, and how it was before each step.
  const past = [];
  const future = [];
  let now = "";
  function said() {
    const fields = new URLSearchParams(new FormData(form()));
    for (const name of ["csrfmiddlewaretoken", "asking", "name", "json", "find"]) fields.delete(name);
    return fields.toString();
  }
  function note() {
    if (!box()) return;
    const next = said();
    if (next !== now) {
      past.push(now);
      future.length = 0;
      now = next;
      if (past.length > 50) past.shift();
    }
    show();
  }
  function show() {
    for (const button of all("[data-undo]")) button.disabled = !past.length;
    for (const button of all("[data-redo]")) button.disabled = !future.length;
  }
  async function back(from, to) {
    note();
    if (!from.length) return;
    const answer = await fetch(box().dataset.again, {
      method: "POST",
      headers: { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content, "HX-Request": "true" },
      body: new URLSearchParams(from[from.length - 1]),
    });
    if (!answer.ok || answer.redirected) return location.reload();
    const text = await answer.text();
    to.push(now);
    now = from.pop();
    box().outerHTML = text;
    htmx.process(rule());
    now = said();
    show();
    (document.querySelector(to === future ? "[data-undo]:enabled" : "[data-redo]:enabled") || first(box())).focus();
    rule().dispatchEvent(new Event("change", { bubbles: true }));
  }
  const first = (within) => within.querySelector("select, input:not([type=hidden]), button");

  // Whoever stops a question stops it on the server, too.
  function stop() {
    const who = document.getElementById("who");
    htmx.trigger(who, "htmx:abort");
    fetch(who.dataset.stopAt, {
      method: "POST",
      headers: { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content },
      body: new URLSearchParams({ asking: form().elements.asking.value }),
    });
    const answer = who.querySelector(".answer");
    answer.classList.remove("old");
    answer.classList.add("stopped");
    answer.querySelector("[data-ask]").focus();
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-undo]")) back(past, future);
    if (event.target.closest("[data-redo]")) back(future, past);
    if (event.target.closest("[data-stop]")) stop();
    if (event.target.closest("[data-ask]")) rule().dispatchEvent(new Event("change", { bubbles: true }));
    const button = event.target.closest("#rule button[name=do]");
    if (!button) return;
    act = button.value.split(":")[0];
    button.closest("[popover]")?.hidePopover();
  });

  // After a step the focus is on what it was about. A choice that brought other fields was noted when it was made: the
  // fields that came are of the same step.
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx.target?.id === "who") follow();
    if (event.detail.ctx.target?.id !== "builder") return;
    const place = box().dataset.focus;
    if (!place) {
      now = said();
      return show();
    }
    box().dataset.focus = "";
    const row = document.getElementById(`c${place}`);
    const details = row ? all(":scope > div > .grow > .sentence .detail", row) : [];
    const done = act;
    act = "";
    if (!row) first(box()).focus();
    else if (/^(up|down|copy|turn|enclose|free)$/.test(done)) row.querySelector(":scope > div > .clause-acts .btn").focus();
    else if (/^(narrow|narrow_next|measure)$/.test(done) && details.length) first(details[details.length - 1]).focus();
    else first(row.querySelector(".sentence")).focus();
    note();
  });
  for (const name of ["input", "change"]) {
    document.addEventListener(name, (event) => {
      if (!rule()?.contains(event.target) || event.target.matches(".seek")) return;
      document.querySelector("#who > .answer")?.classList.add("old");
      document.querySelector("#who > .answer")?.classList.remove("stopped");
      if (name === "change" && event.target.form) note();
    });
  }

  // Alt and an arrow move the condition in which the focus is; arrows walk along what was found, Enter takes the first.
  document.addEventListener("keydown", (event) => {
    const row = event.target.closest?.(".clause");
    const way = { ArrowUp: "up", ArrowDown: "down" }[event.key];
    if (event.altKey && way && row) {
      event.preventDefault();
      row.querySelector(`:scope > div > .clause-acts [value^="${way}:"]`)?.click();
      return;
    }
    const adder = event.target.closest?.(".adds");
    if (!adder || event.isComposing) return;
    const found = all(".offers button", adder);
    const field = adder.querySelector(".seek");
    if (event.key === "Enter" && event.target === field) {
      event.preventDefault();
      found[0]?.click();
    } else if (way && (event.target === field || found.includes(event.target))) {
      event.preventDefault();
      const next = found.indexOf(event.target) + (way === "down" ? 1 : -1);
      (next < 0 ? field : found[Math.min(next, found.length - 1)])?.focus();
    } else if (event.key === "Escape" && found.length) {
      field.value = "";
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    }
  });

  // The JSON follows the sentence, unless somebody wrote a text of their own there.
  function follow() {
    const fresh = document.getElementById("exact-now");
    if (!fresh) return;
    const field = document.getElementById("exact-json");
    const own = field.value !== field.defaultValue && (field.value || document.activeElement === field);
    if (own || field.matches("[aria-invalid]")) return;
    field.value = field.defaultValue = fresh.content.textContent;
  }

  // Whoever leaves what is not saved is asked by the browser, and may still press the button that they pressed.
  let saved = "";
  const written = () => `${form().elements.name.value}\n${said()}`;
  addEventListener("beforeunload", (event) => {
    if (!box() || document.querySelector("form.leaves[aria-busy=true]")) return;
    if (written() === saved && !form().matches(".unsaved")) return;
    event.preventDefault();
    for (const other of all("form[aria-busy]")) other.removeAttribute("aria-busy");
  });

  document.addEventListener("DOMContentLoaded", () => {
    if (!box()) return;
    now = said();
    saved = written();
  });
})();
