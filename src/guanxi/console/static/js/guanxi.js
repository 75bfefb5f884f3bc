// The console's only own script. Every page reads and every form sends without it.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content;

  // htmx: the CSRF token goes with every request that writes; a failure is told, not swapped in.
  document.addEventListener("htmx:config:request", (event) => {
    const request = event.detail.ctx.request;
    if (!/^(GET|HEAD)$/i.test(request.method)) request.headers["X-CSRFToken"] = meta("csrf-token");
    // A page that looks again by itself is nobody at work: it does not keep the session alive.
    if (event.detail.ctx.sourceEvent?.type === "every") request.headers["X-Looks-Again"] = "1";
  });
  document.addEventListener("htmx:before:response", (event) => {
    const answer = event.detail.ctx.response.raw;
    const led = answer.redirected ? new URL(answer.url).pathname : "";
    if (led === "/sign-in") {
      event.preventDefault(); // the session has ended: sign in on a whole page, and come back here
      location.reload();
    } else if (led === "/confirm" || led === "/account") {
      event.preventDefault(); // the page that asks who it is leads back here; that of the account asks for a second step
      location.assign(answer.url);
    }
  });
  for (const name of ["htmx:response:error", "htmx:error"]) {
    document.addEventListener(name, (event) => {
      const status = event.detail.ctx?.response?.raw?.status;
      if (status === 422) return; // a form that came back with its errors
      const key = status === 403 ? "forbidden" : status === 404 ? "gone" : status ? "broken" : "offline";
      toast(document.getElementById("says").dataset[key], "danger");
    });
  }
  document.addEventListener("htmx:after:swap", () => {
    for (const dialog of all("dialog[data-autoopen]:not([open])")) dialog.showModal();
    settle();
  });

  // Toasts: good news leaves by itself after a while unless someone is on it; the rest waits for its button.
  function toast(text, tone) {
    const box = document.getElementById("toasts");
    const fresh = document.getElementById("toast-form").content.firstElementChild.cloneNode(true);
    if (tone === "danger") {
      const use = fresh.querySelector("use");
      use.setAttribute("href", use.getAttribute("href").replace(/#.*/, "#circle-alert"));
      fresh.querySelector("svg").classList.replace("c-info", "c-danger");
    } else {
      fresh.dataset.leaves = "";
    }
    fresh.querySelector("div").textContent = text;
    box.append(fresh);
  }
  document.addEventListener("click", (event) => {
    event.target.closest("[data-close-toast]")?.closest(".toast").remove();
  });
  const leave = (item) => {
    if (item.matches(":hover, :focus-within")) setTimeout(leave, 2000, item);
    else item.remove();
  };

  // Dialogs: `command`/`commandfor` is native where the browser knows it; older ones get the same here.
  if (!("commandForElement" in HTMLButtonElement.prototype)) {
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button[commandfor]");
      const target = button && document.getElementById(button.getAttribute("commandfor"));
      if (!target) return;
      if (button.getAttribute("command") === "show-modal") target.showModal();
      if (button.getAttribute("command") === "close") target.close();
    });
  }
  document.addEventListener("click", (event) => {
    if (event.target instanceof HTMLDialogElement && event.target.open) {
      const box = event.target.getBoundingClientRect();
      const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
      if (!inside && event.detail > 0) event.target.close();
    }
  });

  // Menus open beside their button, upwards when the button stands low.
  document.addEventListener("beforetoggle", (event) => {
    const menu = event.target;
    if (event.newState !== "open" || !menu.matches?.(".menu[popover]")) return;
    const button = document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
    if (!button) return;
    const box = button.getBoundingClientRect();
    const low = box.bottom > innerHeight * 0.6;
    const right = box.left > innerWidth * 0.55;
    Object.assign(menu.style, {
      top: low ? "auto" : `${box.bottom + 4}px`,
      bottom: low ? `${innerHeight - box.top + 4}px` : "auto",
      left: right ? "auto" : `${Math.max(8, box.left)}px`,
      right: right ? `${Math.max(8, root.clientWidth - box.right)}px` : "auto",
    });
    menu.classList.add("placed");
  }, true);

  // A file may be dropped on its field; the field then says which file it holds.
  const fileSize = (bytes) => {
    const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
    const step = Math.min(3, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
    return new Intl.NumberFormat(root.lang, { style: "unit", unit: units[step], maximumFractionDigits: 1 }).format(bytes / 1000 ** step);
  };
  document.addEventListener("change", (event) => {
    const zone = event.target.closest(".drop");
    if (!zone) return;
    zone.querySelector("[data-file]").textContent = [...event.target.files].map((file) => `${file.name} · ${fileSize(file.size)}`).join(", ");
  });
  for (const [name, over] of [["dragenter", true], ["dragleave", false], ["drop", false]]) {
    document.addEventListener(name, (event) => event.target.closest?.(".drop")?.classList.toggle("over", over));
  }

  // Ticked rows: one box ticks all, the count is spoken, the bulk actions show.
  function countTicked(table) {
    const ticked = all("tbody input[data-row]:checked", table).length;
    const rows = all("tbody input[data-row]", table).length;
    const master = table.querySelector("input[data-all-rows]");
    if (master) {
      master.checked = rows > 0 && ticked === rows;
      master.indeterminate = ticked > 0 && ticked < rows;
    }
    for (const place of all("[data-ticked-count]")) place.textContent = new Intl.NumberFormat(root.lang).format(ticked);
    for (const part of all("[data-when-ticked]")) part.hidden = ticked === 0;
  }
  document.addEventListener("change", (event) => {
    const table = event.target.closest("table");
    if (!table) return;
    if (event.target.matches("[data-all-rows]")) for (const box of all("tbody input[data-row]", table)) box.checked = event.target.checked;
    if (event.target.matches("[data-all-rows], [data-row]")) countTicked(table);
  });

  // The columns of a list: the arrow moves one before the other; the form sends them in the order in which they stand.
  document.addEventListener("click", (event) => {
    const item = event.target.closest("[data-up]")?.closest("li");
    if (!item?.previousElementSibling) return;
    item.parentElement.insertBefore(item, item.previousElementSibling);
    item.querySelector("[data-up]").focus();
  });

  // A form with data-auto sends itself when a choice changes; data-once guards against the second press.
  document.addEventListener("change", (event) => {
    if (event.target.matches("form[data-auto] :is(select, input[type=checkbox], input[type=radio])")) event.target.form.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.getAttribute("aria-busy") === "true") event.preventDefault();
    else form.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => all("form[aria-busy]").forEach((form) => form.removeAttribute("aria-busy")));

  // A field with data-narrows leaves of the lists in that element only what holds each word that is typed.
  document.addEventListener("input", (event) => {
    const field = event.target.closest("[data-narrows]");
    if (!field) return;
    const words = field.value.toLowerCase().split(/\s+/);
    for (const list of all(`#${field.dataset.narrows} ul`)) {
      for (const item of list.children) {
        const said = `${item.textContent} ${item.dataset.said || ""}`.toLowerCase();
        item.hidden = !words.every((word) => said.includes(word));
      }
      const heading = list.previousElementSibling;
      if (heading && heading.matches("h2")) heading.hidden = [...list.children].every((item) => item.hidden);
    }
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const from = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(from.matches("textarea") ? from.value : from.textContent);
    toast(document.getElementById("says").dataset.copied, "ok");
    settle();
  });

  function settle() {
    for (const item of all(".toast[data-leaves]")) {
      item.removeAttribute("data-leaves");
      setTimeout(leave, 8000, item);
    }
  }
  document.addEventListener("DOMContentLoaded", () => {
    settle();
    all("table:has(input[data-row])").forEach(countTicked);
  });
})();
