// Keys and the command palette. Single keys never act while somebody types, and can be switched off (WCAG 2.1.4).
(() => {
  "use strict";
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const asleep = () => root.dataset.keys === "off";
  const typing = (target) => target.isContentEditable || target.matches("input:not([type=checkbox],[type=radio]), textarea, select");

  // The palette: the server finds, arrows choose, Enter goes. The first that fits is chosen already.
  const palette = () => document.getElementById("palette");
  const options = () => all("#found a[role=option]");
  function open() {
    const dialog = palette();
    if (!dialog || dialog.open) return;
    dialog.showModal();
    const field = dialog.querySelector("input");
    field.value = "";
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function choose(option) {
    for (const one of options()) one.setAttribute("aria-selected", one === option ? "true" : "false");
    const field = palette().querySelector("input");
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }
  const chosen = () => document.querySelector("#found [aria-selected=true]");
  document.addEventListener("htmx:after:swap", () => {
    if (palette()?.open) choose(options()[0]);
  });
  document.addEventListener("keydown", (event) => {
    if (!palette()?.open || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const list = options();
    if (step && list.length) {
      event.preventDefault();
      choose(list[(list.indexOf(chosen()) + step + list.length) % list.length]);
    } else if (event.key === "Enter" && event.target.matches("input") && chosen()) {
      event.preventDefault();
      chosen().click();
    }
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-palette]")) return;
    event.preventDefault();
    open();
  });

  // Rows: j and k walk along the names, x ticks.
  const rows = () => all("main tbody tr").filter((row) => row.checkVisibility() && way(row));
  const way = (row) => all("a.name, a[href], input[data-row]", row).find((item) => item.checkVisibility());
  function walk(step) {
    const list = rows();
    const here = list.indexOf(document.activeElement.closest("tr"));
    const next = list[here < 0 ? (step > 0 ? 0 : list.length - 1) : Math.min(Math.max(here + step, 0), list.length - 1)];
    const name = next && (all("a.name", next).find((item) => item.checkVisibility()) || way(next));
    name?.focus();
    name?.scrollIntoView({ block: "nearest" });
    return Boolean(name);
  }
  function tick() {
    const box = document.activeElement.closest("tr")?.querySelector("input[data-row]");
    box?.click();
    return Boolean(box);
  }
  const own = { j: () => walk(1), k: () => walk(-1), x: tick };

  // Elements carry data-key: "n", or "g p" for two keys one after the other.
  let before = "";
  document.addEventListener("keydown", (event) => {
    if ((event.metaKey || event.ctrlKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      return open();
    }
    if (event.metaKey || event.ctrlKey || event.altKey || event.isComposing || typing(event.target) || document.querySelector("dialog[open]") || asleep()) return;
    if (event.key === "?") return document.getElementById("keys")?.showModal();
    const pressed = [`${before} ${event.key}`.trim(), event.key];
    before = event.key === "g" ? "g" : "";
    const hit = pressed.map((key) => all("[data-key]").find((item) => item.dataset.key === key && item.checkVisibility())).find(Boolean);
    if (hit) {
      event.preventDefault();
      before = "";
      if (hit.matches("input, select, textarea")) hit.focus();
      else hit.click();
    } else if (own[event.key]?.()) {
      event.preventDefault();
    }
  });

  // The sheet says which keys this page has.
  function fillSheet(sheet) {
    const list = sheet.querySelector("dl");
    for (const old of all("[data-found]", list)) old.remove();
    for (const part of all("[data-single]", list)) part.hidden = asleep();
    if (asleep()) return;
    for (const item of all("[data-key]").filter((item) => item.checkVisibility())) {
      const name = document.createElement("dt");
      const keys = document.createElement("dd");
      name.dataset.found = keys.dataset.found = "";
      name.textContent = item.dataset.keyLabel || item.getAttribute("aria-label") || item.querySelector("span:not(.n)")?.textContent || item.textContent.trim();
      for (const key of item.dataset.key.split(" ")) {
        const cap = document.createElement("kbd");
        cap.textContent = key.length === 1 ? key.toUpperCase() : key;
        keys.append(cap, " ");
      }
      list.append(name, keys);
    }
  }
  document.addEventListener("toggle", (event) => {
    if (event.target.id === "keys" && event.newState === "open") fillSheet(event.target);
  }, true);
})();
