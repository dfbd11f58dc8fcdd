// The second picture: a box for each cell in layers, arrows between them. It is laid out and drawn where the
// notebook is analysed; here it is shown, moved about in, and lit.

import { CgCamera } from "./camera.js";
import { cgClear, cgHtml, cgSvg } from "./dom.js";
import { cgReached } from "./cones.js";

export class CgLayers {
  constructor(acts) {
    Object.assign(this, { acts, lit: null, picked: null, names: false });
    this.root = cgSvg("g", { class: "cgp-root" });
    this.svg = cgSvg("svg", { class: "cgp-picture", role: "group", tabindex: 0, "aria-label": "The graph in layers" }, this.root);
    this.camera = new CgCamera(this.svg, this.root);
    this.words = cgHtml("p", { class: "cgp-words", role: "status" });
    this.element = cgHtml("div", { class: "cgp-layers" }, this.svg, this.words);
    this.svg.addEventListener("click", (event) => this.clicked(event));
    this.svg.addEventListener("focusin", () => this.svg.classList.add("cgp-focused"));
    this.svg.addEventListener("focusout", () => this.svg.classList.remove("cgp-focused"));
  }

  say(words) {
    this.words.textContent = words;
    this.words.classList.toggle("cgp-hidden", !words);
  }

  // Shows an answer: the picture as text, or why there is none. Only its own elements are taken over.
  draw(model, { svg, words }) {
    this.model = model;
    this.say(words || "");
    if (!svg) return;
    const parsed = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
    if (parsed.nodeName !== "svg") return;
    cgClear(this.root);
    this.root.setAttribute("class", `cgp-root ${parsed.getAttribute("class")}`);
    this.root.setAttribute("font-family", parsed.getAttribute("font-family"));
    this.root.setAttribute("font-size", parsed.getAttribute("font-size"));
    this.root.append(...[...parsed.children].filter((child) => child.nodeName !== "title").map((child) => document.importNode(child, true)));
    for (const link of this.root.querySelectorAll("a")) {
      link.removeAttributeNS("http://www.w3.org/1999/xlink", "href");
      link.setAttribute("tabindex", "0");
      link.setAttribute("role", "button");
    }
    this.cells = new Map([...this.root.querySelectorAll("[data-cell]")].map((card) => [card.getAttribute("data-cell"), card]));
    this.wires = [...this.root.querySelectorAll("[data-from]")];
    const [, , width, height] = parsed.getAttribute("viewBox").split(" ").map(Number);
    this.camera.size = { width, height };
    this.camera.overview(false);
    this.paint();
  }

  clicked(event) {
    if (this.camera.dragged) return;
    const card = event.target.closest("[data-cell]");
    const cell = card && card.getAttribute("data-cell");
    this.acts.pick(cell && !(this.picked && this.picked.cell === cell) ? { cell } : null);
  }

  pick(subject) {
    this.picked = subject;
    this.paint();
  }

  search(found) {
    this.found = found;
    this.paint();
  }

  paint() {
    if (!this.cells) return;
    const rows = new Map(this.model.cells.map((cell, row) => [cell.id, row]));
    const row = this.picked && this.picked.cell !== undefined ? rows.get(this.picked.cell) : undefined;
    const lit = row === undefined ? this.found || null : new Set([...cgReached(this.model, [row], true), ...cgReached(this.model, [row], false)]);
    const isLit = (id) => lit === null || !rows.has(id) || lit.has(rows.get(id));
    for (const [id, card] of this.cells) {
      card.classList.toggle("cgp-dim", !isLit(id));
      card.classList.toggle("cgp-picked", Boolean(this.picked) && this.picked.cell === id);
    }
    for (const wire of this.wires) {
      const targets = JSON.parse(wire.getAttribute("data-to"));
      wire.classList.toggle("cgp-dim", !(isLit(wire.getAttribute("data-from")) && targets.some(isLit)));
    }
  }

  key(event) {
    if (event.key !== "Enter" && event.key !== " ") return false;
    const card = event.target.closest("[data-cell]");
    if (card) this.acts.pick({ cell: card.getAttribute("data-cell") });
    return Boolean(card);
  }

  reveal() {}

  zoom(factor) {
    this.camera.zoom(factor);
  }

  fit() {
    this.camera.overview(true);
  }
}
