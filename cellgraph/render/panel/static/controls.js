// The bar above the picture and the slider below it.

import { cgClear, cgClock, cgCounted, cgHtml, cgMark, cgText } from "./dom.js";
import { cgNow } from "./words.js";

export const CG_KEYS = [
  ["/", "search"], ["arrows", "from cell to cell, and from name to name"], ["Enter", "pick"], ["g", "go to the cell in the notebook"],
  ["+ −", "zoom"], ["f", "fit"], ["o", "only what is in doubt"], ["n", "names"], ["1 2", "lifelines or layers"], ["Esc", "let go"],
];
const CG_VIEWS = [["lifelines", "The notebook from top to bottom, a line for each variable (1)"], ["layers", "A box for each cell, arrows between them (2)"]];

export class CgControls {
  constructor(acts) {
    this.acts = acts;
    this.hidden = new Set();
    this.only = false;
    this.search = cgHtml("input", { type: "search", class: "cgp-search", placeholder: "search", "aria-label": "Search names and code" });
    this.search.addEventListener("input", () => acts.search(this.search.value));
    this.search.addEventListener("keydown", (event) => this.searchKey(event));
    this.views = CG_VIEWS.map(([view, title]) => cgHtml("button", { role: "tab", title, "data-view": view, onclick: () => acts.view(view) }, view));
    this.states = cgHtml("div", { class: "cgp-states", role: "group", "aria-label": "Show by state" });
    this.doubt = cgHtml("button", { onclick: () => this.toggleOnly(), title: "Only the cells that are in doubt, those that failed, and those to run (o)", "aria-pressed": "false" }, "only in doubt");
    this.names = cgHtml("button", { class: "cgp-wide", onclick: () => acts.names(), title: "Names of the lines; in layers, names as nodes (n)", "aria-pressed": "true" }, "names");
    this.plan = cgHtml("button", { class: "cgp-primary", onclick: () => acts.run(this.plan) });
    this.bar = cgHtml("div", { class: "cgp-bar" },
      cgHtml("div", { class: "cgp-tabs", role: "tablist", "aria-label": "Picture" }, this.views),
      this.search, this.states, cgHtml("span", { class: "cgp-space" }), this.plan, this.doubt, this.names,
      cgHtml("span", { class: "cgp-zoom" },
        this.button("−", "Zoom out (−)", () => acts.zoom(1 / 1.3), "cgp-wide"),
        this.button("+", "Zoom in (+)", () => acts.zoom(1.3), "cgp-wide"),
        this.button("fit", "Show it all, or at its usual size (f)", () => acts.fit()),
        this.button("?", `Keys: ${CG_KEYS.map(([key, what]) => `${key}: ${what}`).join("; ")}`, () => acts.help())));
    this.slider = new CgSlider(acts);
  }

  // Whether the filters leave a cell.
  keeps(cell) {
    if (this.hidden.has(cell.state)) return false;
    return !this.only || cell.state === "stale" || cell.state === "failed" || cell.turn > 0;
  }

  toggleOnly() {
    this.only = !this.only;
    this.acts.filter();
  }

  // `kind`: the class of a button that a narrow panel does without.
  button(word, title, act, kind = null) {
    return cgHtml("button", { class: kind, title, "aria-label": title, onclick: act }, word);
  }

  searchKey(event) {
    event.stopPropagation(); // or the notebook takes the letters for its own keys
    if (event.key === "Enter") this.acts.nextFound(event.shiftKey ? -1 : 1);
    if (event.key === "Escape") {
      this.search.value = "";
      this.acts.search("");
      this.search.blur();
    }
  }

  // The states that occur, each a switch with its count.
  draw(model, view, named, runs) {
    const counts = new Map();
    for (const cell of model.cells) counts.set(cell.state, (counts.get(cell.state) || 0) + 1);
    cgClear(this.states);
    for (const [state, look] of Object.entries(model.looks)) {
      if (!counts.has(state)) continue;
      const on = !this.hidden.has(state);
      const flip = () => {
        if (!this.hidden.delete(state)) this.hidden.add(state);
        this.acts.filter();
      };
      this.states.append(cgHtml("button", { class: "cgp-state", "aria-pressed": String(on), onclick: flip, title: `${look.word}: show or leave out`, "aria-label": `${counts.get(state)} ${look.word}` },
        cgMark(look), String(counts.get(state)), cgHtml("span", { class: "cgp-state-word" }, look.word)));
    }
    for (const tab of this.views) tab.setAttribute("aria-selected", String(tab.getAttribute("data-view") === view));
    this.doubt.setAttribute("aria-pressed", String(this.only));
    this.names.setAttribute("aria-pressed", String(named));
    this.plan.classList.toggle("cgp-hidden", model.plan.length === 0);
    this.plan.textContent = runs ? `run ${cgCounted(model.plan.length, "cell")}` : `copy plan (${cgCounted(model.plan.length, "cell")})`;
    this.plan.title = `Run ${model.plan.map((id) => (model.cells.find((cell) => cell.id === id) || { label: id }).label).join(", ")} in this order`;
  }
}

// Time: one step a run. At its right end the picture is live.
export class CgSlider {
  constructor(acts) {
    this.range = cgHtml("input", { type: "range", min: 1, step: 1, "aria-label": "The notebook after run" });
    this.text = cgHtml("output", {});
    this.range.addEventListener("input", () => acts.travel(this.at()));
    this.range.addEventListener("keydown", (event) => event.stopPropagation());
    this.element = cgHtml("div", { class: "cgp-time" }, this.range, this.text);
  }

  at() {
    const run = Number(this.range.value);
    return run >= this.runs.length ? null : run;
  }

  draw(model, at, possible) {
    this.runs = model.runs;
    this.element.classList.toggle("cgp-hidden", !possible || this.runs.length < 2);
    this.range.max = Math.max(this.runs.length, 1);
    this.range.value = at === null ? this.runs.length : at;
    const run = this.runs[(at === null ? this.runs.length : at) - 1];
    if (!run) return;
    const words = at === null ? `now, after ${cgCounted(this.runs.length, "run")}` : `after run ${run.number} of ${this.runs.length}, ${cgNow(model, run.cell)}${run.at ? ` at ${cgClock(run.at)}` : ""}`;
    this.text.replaceChildren(...cgText(words));
    this.range.setAttribute("aria-valuetext", words);
  }
}
