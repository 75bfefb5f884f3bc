// Passkeys: a form marked data-passkey asks the browser for one, puts its answer into the field and sends itself.
(() => {
  "use strict";
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  let waiting = null; // the quiet question beside the e-mail field, given up when a button asks

  async function options(form) {
    const headers = { "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value };
    const answer = await fetch(form.dataset.options, { method: "POST", headers });
    if (answer.redirected) return location.assign(answer.url);
    if (!answer.ok) throw new Error(answer.status);
    const asked = await answer.json();
    asked.challenge = bytes(asked.challenge);
    if (asked.user) asked.user.id = bytes(asked.user.id);
    for (const list of ["excludeCredentials", "allowCredentials"]) {
      asked[list]?.forEach((one) => { one.id = bytes(one.id); });
    }
    return asked;
  }

  function send(form, made) {
    const response = {};
    for (const part of PARTS) if (made.response[part]) response[part] = text(made.response[part]);
    if (made.response.getTransports) response.transports = made.response.getTransports();
    const given = { id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: {} };
    form.elements.credential.value = JSON.stringify(given);
    form.submit();
  }

  async function ask(form) {
    waiting?.abort();
    const says = form.querySelector("[data-says]");
    says.hidden = true;
    try {
      const publicKey = await options(form);
      if (!publicKey) return;
      send(form, await navigator.credentials[form.dataset.passkey]({ publicKey }));
    } catch (problem) {
      const given = { NotAllowedError: "cancelled", InvalidStateError: "taken" }[problem.name] || "failed";
      says.textContent = says.dataset[given] || says.dataset.failed;
      says.hidden = false;
    }
  }

  async function askQuietly(form) {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    try {
      const publicKey = await options(form);
      waiting = new AbortController();
      if (publicKey) send(form, await navigator.credentials.get({ publicKey, mediation: "conditional", signal: waiting.signal }));
    } catch { /* nobody chose one: the form waits for its password */ }
  }

  document.addEventListener("DOMContentLoaded", () => {
    if (!window.PublicKeyCredential) return;
    for (const form of document.querySelectorAll("form[data-passkey]")) {
      form.hidden = false;
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        ask(form);
      });
      if ("quietly" in form.dataset) askQuietly(form);
    }
  });
})();
