// Elements are made here and nowhere else. What a user wrote only ever becomes a text node or an
// attribute's value, so nothing that a name or a cell holds can become markup.

const CG_SVG = "http://www.w3.org/2000/svg";

function cgElement(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) {
      made.append(child.nodeType ? child : document.createTextNode(String(child)));
    }
  }
  return made;
}

export const cgHtml = (tag, attributes, ...children) =>
  cgElement(document.createElement(tag), attributes, children);

export const cgSvg = (tag, attributes, ...children) =>
  cgElement(document.createElementNS(CG_SVG, tag), attributes, children);

export const cgClear = (element) => element.replaceChildren();

// The mark of a state beside a word, for legends and lists.
export function cgMark(look, size = 12) {
  const path = cgSvg("path", { d: look.mark, fill: look.hue, "fill-rule": "evenodd" });
  return cgSvg("svg", { viewBox: "0 0 12 12", width: size, height: size, "aria-hidden": "true" }, path);
}

// Running text, in which what stands between backquotes is code.
export const cgText = (text) => text.split("`").map((part, at) => (at % 2 ? cgHtml("code", {}, cgHtml("bdi", {}, part)) : cgHtml("bdi", {}, part)));

export const cgCounted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

// A duration in seconds as a person says it.
export function cgSeconds(seconds) {
  if (seconds < 0.1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toPrecision(2)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

export const cgClock = (at) => (at ? new Date(at * 1000).toLocaleTimeString() : "");

// A function that runs once the calls have stopped for a while.
export function cgSettled(act, milliseconds) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...given), milliseconds);
  };
}
