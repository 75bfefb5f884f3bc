/* Guanxi for websites. Nothing is kept or sent before consent.
 * guanxi.init({ key, host?, consent?, cookieDays? }); guanxi.consent(true | false);
 * guanxi.page(name?, properties?); guanxi.track(name, properties?); guanxi.identify(userId?, traits?); guanxi.reset(); */
(function (window, document, navigator) {
  "use strict";
  var COOKIE = "guanxi_visitor", KEPT = "guanxi_queue", USER = "guanxi_user", AGREED = "guanxi_consent";
  var MOST = 200, A_BATCH = 50, WAIT = 1000, LONGEST = 60000;
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
  function flush() {
    timer = 0;
    if (!agreed || sending || !queue.length) return;
    var events = queue.slice(0, A_BATCH);
    sending = true;
    // text/plain needs no question beforehand; what was taken twice is known by its messageId
    fetch(set.host + "/v1/batch", { method: "POST", body: body(events), headers: { "Content-Type": "text/plain" }, keepalive: true, credentials: "omit" })
      .then(function (answer) { return answer.ok || (answer.status < 500 && answer.status !== 429); }, function () { return false; })
      .then(function (done) {
        sending = false;
        if (done) queue.splice(0, events.length);
        keep();
        tries = done ? 0 : tries + 1;
        if (queue.length) later(done ? 1 : Math.min(WAIT * Math.pow(2, tries), LONGEST));
      });
  }
  function leave() {
    if (!agreed || !queue.length || !navigator.sendBeacon) return;
    navigator.sendBeacon(set.host + "/v1/batch", body(queue.slice(0, A_BATCH))); // stays in the queue until it is known to be taken
  }
  function here(properties) {
    return Object.assign({ path: location.pathname, title: document.title, referrer: document.referrer.split("?")[0] }, properties);
  }

  window.guanxi = {
    init: function (given) {
      set = Object.assign({ cookieDays: 365, host: script && script.src ? new URL(script.src).origin : "" }, given);
      set.host = set.host.replace(/\/+$/, "");
      document.addEventListener("visibilitychange", function () { if (document.visibilityState === "hidden") leave(); });
      var before = read(AGREED);
      if (set.consent !== undefined) this.consent(set.consent);
      else if (before) this.consent(before === "yes");
    },
    consent: function (yes) {
      if (!set) return;
      agreed = !!yes;
      if (!agreed) {
        queue = []; memory = {};
        write(KEPT, ""); write(USER, ""); cookie("", 0); write(AGREED, "no");
        return;
      }
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
  };
  if (script && script.dataset.guanxiKey) {
    window.guanxi.init({ key: script.dataset.guanxiKey });
    window.guanxi.page();
  }
})(window, document, navigator);
