// One panel: what is shown, what is picked, and how they change. It knows nothing of where it stands;
// `host` tells it how to reach a cell of the notebook, how to run cells, and how to ask for an earlier moment or
// for layers. Where the host follows, a click on a cell goes to it in the notebook.

import { cgCounted, cgHtml, cgSettled } from "./dom.js";
import { CG_KEYS, CgControls } from "./controls.js";
import { CgDetails } from "./details.js";
import { CgLayers } from "./layers.js";
import { CgLifelines } from "./lifelines.js";

const CG_CALM = 400; // ms without news after which layers are asked for again: laying out holds the kernel up

export class CgPanel {
  constructor(element, model, host = {}) {
    Object.assign(this, { model, live: model, host, at: null, picked: null });
    const acts = this.acts();
    this.views = { lifelines: new CgLifelines(model.looks, acts), layers: new CgLayers(acts) };
    this.details = new CgDetails(acts);
    this.controls = new CgControls(acts);
    this.status = cgHtml("div", { class: "cgp-status", role: "status" });
    this.stage = cgHtml("div", { class: "cgp-stage" }, this.views.lifelines.element, this.views.layers.element, this.details.element, this.status);
    this.element = cgHtml("div", { class: "cellgraph-panel jp-mod-accept-dialog-keys", role: "group", "aria-label": model.heading, "data-lm-suppress-shortcuts": "true" },
      this.controls.bar, this.stage, this.controls.slider.element);
    this.element.addEventListener("keydown", (event) => this.key(event));
    element.append(this.element);
    this.calmly = cgSettled(() => this.draw(), CG_CALM);
    this.watcher = new ResizeObserver(() => this.resized());
    this.watcher.observe(this.stage);
    this.element.style.setProperty("--own-height", `${Math.min(Math.max(220 + 24 * model.cells.length, 320), 540)}px`);
    this.view(model.view || "lifelines");
    this.showFirst();
  }

  destroy() {
    this.watcher.disconnect();
    this.element.remove();
  }

  acts() {
    return {
      pick: (subject) => this.choose(subject), pickName: (name) => this.details.name(name, this.model), go: (id) => this.go(id),
      search: (text) => this.search(text), nextFound: (step) => this.nextFound(step), filter: () => this.draw(),
      view: (name) => this.view(name), names: () => this.names(), zoom: (factor) => this.shown.zoom(factor), fit: () => this.shown.fit(),
      source: (id) => this.model.sources[id], run: (button) => this.run(button), travel: (run) => this.travel(run),
      help: () => this.say(CG_KEYS.map(([key, what]) => `${key}: ${what}`).join("   ")),
    };
  }

  // A new model: the notebook has moved on. What is picked stays picked where it is still there.
  update(model) {
    this.live = model;
    if (this.at === null) this.model = model;
    if (this.shown === this.views.lifelines) this.draw();
    else this.calmly();
  }

  // A moment of the past (a frame of `run`), or null for now.
  setFrame(run, frame) {
    this.at = frame === null ? null : run;
    this.model = frame === null ? this.live : { ...this.live, ...frame };
    this.draw();
  }

  view(name) {
    this.shown = this.views[name];
    for (const [own, view] of Object.entries(this.views)) view.element.classList.toggle("cgp-hidden", own !== name);
    this.draw();
  }

  draw() {
    const { lifelines, layers } = this.views;
    if (this.picked && this.picked.cell !== undefined && !this.model.cells.some((cell) => cell.id === this.picked.cell)) this.picked = null;
    this.controls.draw(this.model, this.shown === lifelines ? "lifelines" : "layers", this.shown === lifelines ? lifelines.named : layers.names, Boolean(this.host.run && this.host.run([])));
    this.controls.slider.draw(this.live, this.at, Boolean(this.host.frame));
    this.element.setAttribute("aria-label", this.model.heading);
    if (this.shown === lifelines) lifelines.draw(this.model, (cell) => this.controls.keeps(cell));
    else this.askForLayers();
    this.tell();
  }

  // The picture in layers is drawn elsewhere, and only while somebody looks at it.
  askForLayers() {
    const { layers } = this.views;
    layers.model = this.model;
    const around = this.picked && this.picked.cell !== undefined ? this.picked.cell : null;
    this.host.layers({ names: layers.names, run: this.at, around }, (answer) => {
      if (this.shown === layers) layers.draw(this.model, answer);
    });
  }

  // Where to look first: at the first cell in doubt, else at the top.
  showFirst() {
    const row = this.model.cells.findIndex((cell) => cell.state === "stale");
    if (row > 0 && this.shown === this.views.lifelines) this.shown.reveal(row, true);
  }

  pick(subject) {
    this.picked = subject;
    for (const view of Object.values(this.views)) view.pick(subject);
    this.tell();
    if (!subject || subject.cell === undefined) return;
    const row = this.model.cells.findIndex((cell) => cell.id === subject.cell);
    if (row >= 0) this.shown.reveal(row);
  }

  // A person has picked something, or let go of it.
  choose(subject) {
    this.pick(subject);
    if (!subject || subject.cell === undefined || !this.host.follows) return;
    // Whoever only walks from cell to cell is not shown what is as it should be.
    if (!this.model.cells.some((cell) => cell.id === subject.cell && cell.findings.length)) this.details.show(null);
    this.go(subject.cell);
  }

  pickCell(id) {
    this.pick({ cell: id });
  }

  // The cell that is active in the notebook, and whether cells are being run.
  here(id, running) {
    this.views.lifelines.here(id);
    this.controls.plan.disabled = Boolean(running);
  }

  tell() {
    const cell = this.picked && this.model.cells.find((one) => one.id === this.picked.cell);
    const line = this.picked && this.model.lines[this.views.lifelines.lineIndex(this.picked.line)];
    if (cell) this.details.cell(cell, this.model);
    else if (line) this.details.name(line.name, this.model);
    else this.details.show(null);
  }

  search(text) {
    const wanted = text.trim().toLowerCase();
    const holds = (words) => words.toLowerCase().includes(wanted);
    const matches = (cell) => holds(cell.label) || cell.makes.some(([name]) => holds(name)) || cell.folded.some(holds) || cell.read.some(holds) || holds(this.model.sources[cell.id] || "");
    this.hits = wanted ? this.model.cells.flatMap((cell, row) => (matches(cell) ? [row] : [])) : [];
    this.hit = -1;
    for (const view of Object.values(this.views)) view.search(wanted ? new Set(this.hits) : null);
    if (wanted) this.say(cgCounted(this.hits.length, "cell"));
    if (this.hits.length && wanted.length > 1) this.nextFound(1);
  }

  nextFound(step) {
    if (!this.hits || !this.hits.length) return;
    this.hit = (this.hit + step + this.hits.length) % this.hits.length;
    this.shown.reveal(this.hits[this.hit], true);
  }

  names() {
    const { lifelines, layers } = this.views;
    if (this.shown === lifelines) lifelines.toggleNames();
    else layers.names = !layers.names;
    this.draw();
  }

  travel(run) {
    if (run === null) this.setFrame(null, null);
    else this.host.frame(run, (frame) => this.setFrame(run, frame));
  }

  go(id) {
    if (!(this.host.go && this.host.go(id))) this.say("this front end cannot scroll to a cell from here");
  }

  // Runs what is in doubt where the front end can, else copies which cells these are.
  async run(button) {
    if (this.host.run && this.host.run([]) && this.host.run(this.model.plan)) return;
    const labels = this.model.plan.map((id) => (this.model.cells.find((cell) => cell.id === id) || { label: id }).label);
    const text = labels.join(", ");
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      cgCopyByHand(text, this.element);
    }
    button.textContent = "copied";
    this.say(`run ${text}`);
  }

  say(text) {
    this.status.textContent = text;
    this.status.classList.add("cgp-said");
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.status.classList.remove("cgp-said"), 6000);
  }

  key(event) {
    event.stopPropagation();
    if (event.target.tagName === "INPUT" || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = event.target.closest && event.target.closest("[data-cell]");
    const line = event.target.closest && event.target.closest(".cgl-tag");
    const subject = line ? { line: line.getAttribute("data-line") } : row ? { cell: row.getAttribute("data-cell") } : null;
    const acts = {
      "/": () => this.controls.search.focus(), f: () => this.shown.fit(), n: () => this.names(), o: () => this.controls.toggleOnly(),
      1: () => this.view("lifelines"), 2: () => this.view("layers"),
      "+": () => this.shown.zoom(1.3), "=": () => this.shown.zoom(1.3), "-": () => this.shown.zoom(1 / 1.3),
      Escape: () => this.pick(null), g: () => row && this.go(row.getAttribute("data-cell")),
      Enter: () => subject && this.pick(subject), " ": () => subject && this.pick(subject),
    };
    const isButton = event.target.tagName === "BUTTON" && !line;
    if (isButton && (event.key === "Enter" || event.key === " ")) return;
    if (this.shown.key(event)) event.preventDefault();
    else if (Object.hasOwn(acts, event.key)) {
      event.preventDefault();
      acts[event.key]();
    }
  }

  resized() {
    const { lifelines, layers } = this.views;
    if (this.shown === lifelines) {
      lifelines.draw(this.model, (cell) => this.controls.keeps(cell));
      if (!this.seen && this.stage.clientWidth > 50) {
        this.seen = true;
        this.showFirst();
      }
    } else layers.camera.overview(false);
  }
}

function cgCopyByHand(text, near) {
  const area = cgHtml("textarea", {});
  area.value = text;
  near.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
