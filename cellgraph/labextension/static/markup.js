// The kernel's messages are HTML. Of that only what is listed here becomes an element; all else is text.

const KEPT = {
  DIV: ["class"], P: [], SPAN: [], B: [], CODE: [], BR: [], UL: [], LI: [], DETAILS: [], SUMMARY: [], ABBR: ["title"], A: ["href", "title"],
};
const CLASSES = /^cellgraph-(warning|quiet|before)$/;
const TO_CELL = /^#cell-id=[^\s]*$/;

// A fragment with the known elements of a text of HTML. Nothing in it can load or run anything.
export function safe(html) {
  const made = document.createDocumentFragment();
  const { body } = new DOMParser().parseFromString(html, "text/html");
  for (const child of body.childNodes) made.append(copied(child));
  return made;
}

function copied(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return document.createTextNode(node.nodeType === Node.TEXT_NODE ? node.data : "");
  if (!Object.hasOwn(KEPT, node.nodeName)) return document.createTextNode(node.textContent);
  const made = document.createElement(node.nodeName);
  for (const name of KEPT[node.nodeName]) {
    const value = node.getAttribute(name);
    if (value !== null && isKept(name, value)) made.setAttribute(name, value);
  }
  for (const child of node.childNodes) made.append(copied(child));
  return made;
}

function isKept(name, value) {
  if (name === "class") return CLASSES.test(value);
  return name !== "href" || TO_CELL.test(value);
}
