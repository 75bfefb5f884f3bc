() => {
  const found = [document.title];
  const foreign = "script, style, template, noscript, code, pre, kbd, textarea, [translate=no], :not(html)[lang]";
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (node.data.trim() && !node.parentElement.closest(foreign)) found.push(node.data);
  }
  for (const element of document.body.querySelectorAll("[aria-label], [title], [placeholder], [alt], [data-key-label]")) {
    if (element.closest(foreign)) continue;
    for (const name of ["aria-label", "title", "placeholder", "alt", "data-key-label"]) {
      if (element.getAttribute(name)) found.push(element.getAttribute(name));
    }
  }
  return [...new Set(found.map((text) => text.trim().replace(/\s+/g, " ")))];
}
