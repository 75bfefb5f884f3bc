/* Guanxi for websites. Nothing is kept or sent before consent.
 * guanxi.init({ key, host?, consent?, cookieDays? }); guanxi.consent(true | false);
 * guanxi.page(name?, properties?); guanxi.track(name, properties?); guanxi.identify(userId?, traits?); guanxi.reset(); */
(function (window, document, navigator) {
  "use strict";
  var COOKIE = "guanxi_visitor", KEPT = "guanxi_queue", USER = "guanxi_user", AGREED = "guanxi_consent";
  var MOST = 200, A_BATCH = 50, WAIT = 1000, LONGEST = 60000;
  // What an event may have, as the server has it, and a request: browsers let 64 KB go out while a page is left
  var AN_EVENT = 32768, A_REQUEST = 48000;
  var script = document.currentScript;
  var set = null, agreed = null, queue = [], timer = 0, tries = 0, sending = false, memory = {};

  function id() {
    if (window.crypto && crypto.randomUUID) return crypto.randomUUID();
    var bytes = crypto.getRandomValues(new Uint8Array(16)), text = "";
    for (var i = 0; i < 16; i++) text += (bytes[i] + 256).toString(16).slice(1);
    return text;
  }
  function read(name) {
    try { return localStorage.getItem(name) || memory[name] || ""; } catch (e) { return memory[name] || ""; }
  }
  function write(name, value) {
    memory[name] = value;
    try { value ? localStorage.setItem(name, value) : localStorage.removeItem(name); } catch (e) { /* kept in memory */ }
  }
  function visitor(fresh) {
    var found = document.cookie.match(/(?:^|; )guanxi_visitor=([\w-]+)/);
    var value = !fresh && ((found && found[1]) || memory.visitor) || id();
    memory.visitor = value;
    cookie(value, set.cookieDays);
    return value;
  }
  function cookie(value, days) {
    document.cookie = COOKIE + "=" + value + "; path=/; max-age=" + Math.round(days * 86400) + "; SameSite=Lax" +
      (location.protocol === "https:" ? "; Secure" : "");
  }
  function keep() {
    write(KEPT, queue.length ? JSON.stringify(queue) : "");
  }
  function add(type, more) {
    if (!set || agreed === false) return;
    more.type = type;
    more.messageId = id();
    more.timestamp = new Date().toISOString();
    // as it is now, whatever the site makes of it later; what is no JSON (a circle) is not told
    try { more = JSON.parse(JSON.stringify(more)); } catch (e) { return warn("is no JSON", e); }
    if (agreed) name(more);
    queue.push(more);
    if (queue.length > MOST) queue.shift();
    if (!agreed) return; // waits in memory only, and is forgotten with the page
    keep();
    later(queue.length >= A_BATCH ? 0 : WAIT);
  }
  function name(event) {
    event.anonymousId = visitor();
    if (!event.userId && read(USER)) event.userId = read(USER);
  }
  function later(wait) {
    if (!timer || !wait) { clearTimeout(timer); timer = setTimeout(flush, wait); }
  }
  function body(events) {
    return JSON.stringify({ writeKey: set.key, sentAt: new Date().toISOString(), batch: events });
  }
  function warn(what, more) {
    console.warn("guanxi: an event " + what + " and is not sent", more);
  }
  function next() { // what goes into one request; what is too large is forgotten, as the server refuses it
    var events = [], bytes = 0;
    while (events.length < A_BATCH && events.length < queue.length) {
      var one = queue[events.length], size = new Blob([JSON.stringify(one)]).size;
      if (size > AN_EVENT) {
        queue.splice(events.length, 1);
        warn("has more than 32 KB", one.event || one.type);
        continue;
      }
      bytes += size + 1;
      if (bytes > A_REQUEST) break;
      events.push(one);
    }
    return events;
  }
  function flush() {
    timer = 0;
    if (!agreed || sending) return;
    var events = next();
    if (!events.length) return keep();
    sending = true;
    // text/plain needs no question beforehand; what was taken twice is known by its messageId
    fetch(set.host + "/v1/batch", { method: "POST", body: body(events), headers: { "Content-Type": "text/plain" }, credentials: "omit" })
      .then(function (answer) { return answer.ok || (answer.status < 500 && answer.status !== 429); }, function () { return false; })
      .then(function (done) {
        sending = false;
        if (done) queue = queue.filter(function (one) { return events.indexOf(one) < 0; });
        keep();
        tries = done ? 0 : tries + 1;
        if (queue.length) later(done ? 1 : Math.min(WAIT * Math.pow(2, tries), LONGEST));
      });
  }
  function leave() {
    var events = agreed && navigator.sendBeacon ? next() : [];
    if (events.length) navigator.sendBeacon(set.host + "/v1/batch", body(events)); // stays in the queue until it is known to be taken
  }
  function here(properties) {
    return Object.assign({ path: location.pathname, title: document.title, referrer: document.referrer.split("?")[0] }, properties);
  }

  // the same object that the page has called before this was loaded: its calls stand in `q`
  var api = window.guanxi = Object.assign(window.guanxi && window.guanxi.q ? window.guanxi : {}, {
    init: function (given) {
      set = Object.assign({ cookieDays: 365, host: script && script.src ? new URL(script.src).origin : "" }, given);
      set.host = set.host.replace(/\/+$/, "");
      document.addEventListener("visibilitychange", function () { if (document.visibilityState === "hidden") leave(); });
      var said = read(AGREED);
      if (set.consent !== undefined) this.consent(set.consent);
      else if (said) this.consent(said === "yes");
    },
    consent: function (yes) {
      if (!set) return;
      var already = agreed;
      agreed = !!yes;
      if (!agreed) {
        queue = []; memory = {};
        write(KEPT, ""); write(USER, ""); cookie("", 0); write(AGREED, "no");
        return;
      }
      if (already) return;
      write(AGREED, "yes");
      queue.forEach(name);
      try { queue = JSON.parse(read(KEPT) || "[]").concat(queue); } catch (e) { /* what was kept cannot be read */ }
      keep();
      if (queue.length) later(0);
    },
    page: function (called, properties) { add("page", { name: called, properties: here(properties) }); },
    track: function (called, properties) { add("track", { event: called, properties: properties || {} }); },
    identify: function (user, traits) {
      if (user && typeof user === "object") { traits = user; user = ""; }
      if (user && agreed) write(USER, String(user));
      add("identify", user ? { userId: String(user), traits: traits || {} } : { traits: traits || {} });
    },
    reset: function () {
      flush(); write(USER, "");
      if (agreed) visitor(true);
    },
    visitor: function () { return agreed ? visitor() : ""; }
  });
  function call(one) { api[one[0]].apply(api, one[1]); }
  if (script && script.dataset.guanxiKey) {
    api.init({ key: script.dataset.guanxiKey });
    api.page();
  }
  (api.q || []).forEach(call);
  api.q = { push: call };
})(window, document, navigator);
