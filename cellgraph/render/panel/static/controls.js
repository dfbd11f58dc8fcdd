// The bar above the picture and the slider below it.

const CG_KEYS = [
  ["/", "search"], ["arrows", "go along the lines, or from cell to cell"], ["Enter", "pick"],
  ["g", "go to the cell in the notebook"], ["+ −", "zoom"], ["f", "fit"], ["v", "cells or names"], ["Esc", "let go"],
];

class CgControls {
  constructor(acts) {
    this.acts = acts;
    this.hidden = new Set();
    this.search = cgHtml("input", { type: "search", class: "cgp-search", placeholder: "search names and code", "aria-label": "Search names and code" });
    this.search.addEventListener("input", () => acts.search(this.search.value));
    this.search.addEventListener("keydown", (event) => this.searchKey(event));
    this.states = cgHtml("div", { class: "cgp-states", role: "group", "aria-label": "Show by state" });
    this.kind = cgHtml("button", { onclick: () => acts.toggleKind(), title: "Names as nodes of their own (v)", "aria-pressed": "false" }, "names");
    this.plan = cgHtml("button", { class: "cgp-primary", onclick: () => acts.copyPlan(this.plan) });
    this.bar = cgHtml("div", { class: "cgp-bar" },
      this.search, this.states, cgHtml("span", { class: "cgp-space" }), this.plan, this.kind,
      this.button("−", "Zoom out (−)", () => acts.zoom(1 / 1.3)),
      this.button("+", "Zoom in (+)", () => acts.zoom(1.3)),
      this.button("fit", "Show it all (f)", () => acts.fit()),
      this.button("?", `Keys: ${CG_KEYS.map(([key, what]) => `${key}: ${what}`).join("; ")}`, () => acts.help()));
    this.slider = new CgSlider(acts);
  }

  button(word, title, act) {
    return cgHtml("button", { title, "aria-label": title, onclick: act }, word);
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
  draw(model, kind) {
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
      this.states.append(cgHtml("button", { class: "cgp-state", "aria-pressed": String(on), onclick: flip, title: `${look.word}: show or dim` },
        cgMark(look), `${counts.get(state)} ${look.word}`));
    }
    this.kind.setAttribute("aria-pressed", String(kind === "names"));
    this.plan.classList.toggle("cgp-hidden", model.plan.length === 0);
    this.plan.textContent = `copy plan (${cgCounted(model.plan.length, "cell")})`;
    this.plan.title = "Copy which cells to run again, in order";
  }
}

// Time: one step a run. At its right end the picture is live.
class CgSlider {
  constructor(acts) {
    this.range = cgHtml("input", { type: "range", min: 1, step: 1, "aria-label": "The graph after run" });
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
    const words = at === null ? `now, after ${cgCounted(this.runs.length, "run")}` : `after run ${run.number} of ${this.runs.length}, ${run.label}${run.at ? ` at ${cgClock(run.at)}` : ""}`;
    this.text.textContent = words;
    this.range.setAttribute("aria-valuetext", words);
  }
}
