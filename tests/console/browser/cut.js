() => {
  const found = [];
  const say = (how, text, at) => found.push(`${how}: "${text.trim().slice(0, 60)}" in <${at.tagName.toLowerCase()} class="${at.className?.baseVal ?? at.className}">`);
  const told = (element, text) => {
    const holder = element.closest("[title]");
    return holder && holder.title.replace(/\s+/g, " ").includes(text.trim().replace(/\s+/g, " ").slice(0, 40));
  };
  const unseen = (style, box) => style.clipPath !== "none" || (box.width <= 1 && box.height <= 1);
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  next: for (let node = words.nextNode(); node; node = words.nextNode()) {
    const holder = node.parentElement;
    if (!node.data.trim() || holder.closest("option, script, style, template, noscript, textarea")) continue;
    if (!holder.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const text = range.getBoundingClientRect();
    if (!text.width || !text.height) continue;
    let across = true, down = true, how = "", at = holder;
    for (let one = holder; one && one !== document.body; one = one.parentElement) {
      const style = getComputedStyle(one), box = one.getBoundingClientRect();
      if (unseen(style, box)) continue next;
      if (style.display !== "inline" && style.display !== "contents") {
        const tight = one.matches("button, .btn, .chip, .go, .tabs a, summary");
        const hidesX = /hidden|clip/.test(style.overflowX) || tight, hidesY = /hidden|clip/.test(style.overflowY) || tight;
        if (!how && across && hidesX && (text.right > box.right + 1 || text.left < box.left - 1)) [how, at] = ["cut across", one];
        if (!how && down && hidesY && (text.bottom > box.bottom + 2 || text.top < box.top - 2)) [how, at] = ["cut below", one];
        if (/auto|scroll/.test(style.overflowX)) across = false;
        if (/auto|scroll/.test(style.overflowY)) down = false;
      }
      if (style.position === "fixed") break;
    }
    if (!how && across && (text.right > innerWidth + 1 || text.left < -1)) how = "outside the window";
    if (how && !told(holder, node.data)) say(how, node.data, at);
  }
  const pen = document.createElement("canvas").getContext("2d");
  for (const field of document.querySelectorAll("select:not([multiple]), input[placeholder]")) {
    if (!field.checkVisibility()) continue;
    const style = getComputedStyle(field);
    const text = field.tagName === "SELECT" ? field.selectedOptions[0]?.text ?? "" : field.placeholder;
    pen.font = style.font;
    const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const over = pen.measureText(text).width - room;
    if (over > 2 && !told(field, text)) say(`${Math.round(over)} px wider than its field`, text, field);
  }
  return found;
}
