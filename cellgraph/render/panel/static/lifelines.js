// The first picture: a row for each cell in the notebook's order, a vertical line for each variable. Only the
// rows in the window are in the document, so a notebook of a thousand cells scrolls like a list.

import { cgClear, cgHtml, cgMark, cgSvg } from "./dom.js";
import { cgCone, cgLineCone } from "./cones.js";
import { cgCellSaid, cgCellTold, cgLineWords } from "./words.js";

const CG_ROW = { least: 3, usual: 24, most: 44, text: 13, around: 14 };
const CG_PITCH = { least: 5, most: 15, share: 0.3 };
const CG_GAP = 12; // px between the lanes and the rows' text

export class CgLifelines {
  constructor(looks, acts) {
    Object.assign(this, { looks, acts, height: CG_ROW.usual, lit: null, picked: null, pointed: null, found: null, named: true });
    this.held = new Map(); // id of a cell → its row
    this.lanes = cgSvg("svg", { class: "cgl-lanes", "aria-hidden": "true" });
    this.rows = cgHtml("div", { class: "cgl-rows", role: "grid", "aria-label": "Cells, in the notebook's order" });
    this.space = cgHtml("div", { class: "cgl-space" }, this.lanes, this.rows);
    this.scroller = cgHtml("div", { class: "cgl-scroll" }, this.space);
    this.names = cgHtml("div", { class: "cgl-lane-names", "aria-hidden": "true" });
    this.heading = cgHtml("p", { class: "cgl-heading" });
    this.strip = cgSvg("svg", { class: "cgl-strip", "aria-hidden": "true", preserveAspectRatio: "none" });
    this.element = cgHtml("div", { class: "cgl" }, cgHtml("div", { class: "cgl-names" }, this.names, this.heading), this.scroller, this.strip);
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.scroller.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.strip.addEventListener("pointerdown", (event) => this.jump(event));
    this.strip.addEventListener("pointermove", (event) => event.buttons && this.jump(event));
    this.element.addEventListener("pointerover", (event) => this.over(event));
    this.element.addEventListener("pointerleave", () => this.point(null));
    this.element.addEventListener("click", (event) => this.clicked(event));
  }

  // Shows a model; `keep` says which cells have a row.
  draw(model, keep) {
    this.model = model;
    this.heading.textContent = model.heading + (model.hidden ? ` (${model.hidden} long lines are left out)` : "");
    this.shown = model.cells.flatMap((cell, row) => (keep(cell) ? [row] : []));
    this.places = cgPlaces(model.cells.length, this.shown);
    this.lines = model.lines.flatMap((line, index) => (line.marks.some(([row]) => this.places.shown[row]) ? [index] : []));
    if (!this.shown.includes(this.current)) [this.current] = this.shown;
    if (this.picked && !this.isThere(this.picked)) this.picked = null;
    this.measure();
    this.relight();
    this.drawWindow(true);
    this.drawStrip();
  }

  isThere({ cell, line }) {
    return cell === undefined ? this.lineIndex(line) >= 0 : this.model.cells.some((one) => one.id === cell);
  }

  lineIndex(key) {
    return (this.model ? this.model.lines : []).findIndex((line) => cgLineKey(this.model, line) === key);
  }

  measure() {
    const width = this.scroller.clientWidth || 700;
    const lanes = Math.max(this.model.lanes, 1);
    this.pitch = Math.min(CG_PITCH.most, Math.max(CG_PITCH.least, (width * CG_PITCH.share) / lanes));
    this.gutter = this.model.lanes ? this.pitch * this.model.lanes + CG_GAP : 4;
    const labels = Math.max(3, ...this.model.cells.map((cell) => cell.label.length));
    this.space.style.height = `${this.shown.length * this.height}px`;
    const longest = Math.max(0, ...this.model.lines.map((line) => line.name.length));
    const named = this.named && this.model.lanes ? Math.max(30, 16 + Math.min(longest, 13) * 4.9) : 30;
    for (const [name, value] of [["names", `${named.toFixed(0)}px`], ["gutter", `${this.gutter}px`], ["row", `${this.height}px`], ["label", `${(labels * 7.3).toFixed(1)}px`]]) {
      this.element.style.setProperty(`--cgl-${name}`, value);
    }
    this.element.classList.toggle("cgl-far", this.height < CG_ROW.text);
    this.rows.setAttribute("aria-rowcount", this.model.cells.length);
  }

  x(line) {
    return this.pitch * (line.lane + 0.5);
  }

  // The middle of a row, from the top of the first one.
  y(row) {
    return (this.places.at[row] + 0.5) * this.height;
  }

  scrolled() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.drawWindow(false);
    });
  }

  drawWindow(always) {
    if (!this.model) return;
    const room = this.scroller.clientHeight || 500;
    const top = this.scroller.scrollTop;
    const [first, last] = [Math.floor(top / this.height), Math.ceil((top + room) / this.height)];
    if (always || first < this.first || last > this.last) {
      const around = Math.ceil((CG_ROW.around * CG_ROW.usual) / this.height);
      this.first = Math.max(0, first - around);
      this.last = Math.min(this.shown.length, last + around);
      this.drawRows();
      this.drawLanes();
      this.paint();
    }
    this.drawNames(this.shown[Math.min(first, this.shown.length - 1)], this.shown[Math.min(last, this.shown.length) - 1]);
    this.drawFrame(top, room);
  }

  drawRows() {
    const wanted = new Set(this.shown.slice(this.first, this.last).map((row) => this.model.cells[row].id));
    for (const [id, row] of this.held) {
      if (wanted.has(id)) continue;
      row.remove();
      this.held.delete(id);
    }
    let next = this.rows.firstChild;
    for (let place = this.first; place < this.last; place += 1) {
      const cell = this.model.cells[this.shown[place]];
      if (!this.held.has(cell.id)) this.held.set(cell.id, this.newRow(cell.id));
      const row = this.held.get(cell.id);
      this.drawRow(row, cell, this.shown[place]);
      // Rows stand in the document in the notebook's order, for screen readers.
      if (row === next) next = next.nextSibling;
      else this.rows.insertBefore(row, next);
    }
  }

  newRow(id) {
    const row = cgHtml("div", { class: "cgl-row", role: "row", "data-cell": id });
    row.addEventListener("focus", () => {
      this.current = row.at;
    });
    return row;
  }

  drawRow(element, cell, row) {
    element.at = row;
    element.style.transform = `translateY(${this.places.at[row] * this.height}px)`;
    element.tabIndex = row === this.current ? 0 : -1;
    const hues = [...cell.makes, ...cell.reads].map(([, line]) => (line === null ? null : this.model.lines[line].hue));
    const drawn = JSON.stringify([cell, hues, row]);
    if (element.drawn === drawn) return;
    element.drawn = drawn;
    element.className = `cgl-row cgl-${cell.state}`;
    element.setAttribute("aria-rowindex", row + 1);
    element.setAttribute("aria-label", cgCellSaid(this.looks, cell));
    cgClear(element);
    element.title = cgCellTold(this.looks, cell, this.acts.source(cell.id) || "");
    element.append(
      cgHtml("span", { class: "cgl-mark", role: "gridcell" }, cgMark(this.looks[cell.state], cell.state === "noted" ? 8 : 12)),
      cgHtml("span", { class: "cgl-label", role: "gridcell" }, cell.label),
      cgHtml("span", { class: "cgl-code", role: "gridcell" }, cgHtml("bdi", {}, cell.code)),
      cgHtml("span", { class: "cgl-tags", role: "gridcell" }, this.tags(cell)),
    );
  }

  tags(cell) {
    const lined = cell.makes.filter(([, line]) => line !== null);
    const rest = [...cell.makes.filter(([, line]) => line === null).map(([name]) => name), ...cell.folded];
    const turn = cell.turn ? cgHtml("span", { class: "cgl-turn", title: "Its turn when what is in doubt runs again" }, `run ${cell.turn}`) : null;
    return [
      turn,
      lined.map((tag) => this.tag(tag, "cgl-made")),
      cell.reads.length ? cgHtml("span", { class: "cgl-arrow" }, "←") : null,
      cell.reads.map((tag) => this.tag(tag, "cgl-taken")),
      rest.map((name) => cgHtml("span", { class: "cgl-rest" }, cgHtml("bdi", {}, name))),
    ];
  }

  tag([name, line, stale], kind) {
    const hue = stale ? "cgl-hot" : `cgl-h${this.model.lines[line].hue}`;
    const key = cgLineKey(this.model, this.model.lines[line]);
    return cgHtml("button", { class: `cgl-tag ${kind} ${hue}`, tabindex: -1, "data-line": key, title: cgLineWords(this.model, this.model.lines[line]) }, cgHtml("bdi", {}, name));
  }

  drawLanes() {
    const [top, bottom] = [this.first * this.height, this.last * this.height];
    this.lanes.style.transform = `translateY(${top}px)`;
    this.lanes.setAttribute("width", this.gutter);
    this.lanes.setAttribute("height", Math.max(bottom - top, 0));
    cgClear(this.lanes);
    this.drawnLines = new Map();
    const ticks = new Map();
    const sorted = this.lines.map((index) => this.model.lines[index]).sort((one, two) => one.spans.length - two.spans.length);
    const groups = [];
    for (const line of sorted) {
      const rows = line.marks.map(([row]) => this.y(row));
      const [from, to] = [Math.min(...rows), Math.max(...rows)];
      if (to < top || from > bottom) continue;
      for (const [row] of line.marks) ticks.set(row, Math.min(ticks.get(row) ?? Infinity, this.x(line)));
      groups.push(this.line(line, from, to, top, bottom));
    }
    const path = [...ticks].filter(([row]) => this.places.shown[row]).map(([row, x]) => `M${x} ${this.y(row) - top}H${this.gutter - 2}`).join("");
    this.lanes.append(cgSvg("path", { class: "cgl-tick", d: path }), ...groups);
  }

  line(line, from, to, top, bottom) {
    const x = this.x(line);
    const within = (y) => Math.min(Math.max(y, top - 20), bottom + 20) - top;
    const path = (upper, lower) => `M${x} ${within(upper)}V${within(lower)}`;
    const upward = line.maker > line.marks[0][0];
    const size = Math.min(4.4, this.pitch * 0.36, this.height * 0.42);
    const key = cgLineKey(this.model, line);
    const marks = line.marks.filter(([row]) => this.places.shown[row] && this.y(row) >= top - 20 && this.y(row) <= bottom + 20);
    const group = cgSvg("g", { class: `cgl-line cgl-h${line.hue}${upward ? " cgl-up" : ""}`, "data-line": key },
      cgSvg("title", {}, cgLineWords(this.model, line)),
      cgSvg("path", { class: "cgl-hold", d: path(from, to), "stroke-width": this.pitch }),
      cgSvg("path", { class: "cgl-life", d: path(from, to) }),
      line.spans.map(([upper, lower]) => cgSvg("path", { class: "cgl-doubt", d: path(this.y(upper), this.y(lower)) })),
      marks.map(([row, kind, stale]) => cgGlyph(kind, x, this.y(row) - top, size, stale)));
    this.drawnLines.set(key, group);
    return group;
  }

  // Above each lane the name of the first variable that is seen in it.
  drawNames(top, bottom) {
    this.names.parentElement.classList.toggle("cgl-bare", !this.named || this.model.lanes === 0);
    if (!this.named || top === undefined) return;
    const seen = this.lines.map((index) => this.model.lines[index]).filter((line) => line.marks[0][0] <= bottom && top <= line.marks.at(-1)[0]);
    seen.sort((one, two) => two.marks[0][0] - one.marks[0][0]);
    const first = new Map(seen.map((line) => [line.lane, line]));
    const spaced = [];
    for (const line of [...first.values()].sort((one, two) => one.lane - two.lane)) {
      if (!spaced.length || this.x(line) - this.x(spaced.at(-1)) >= 9) spaced.push(line); // names must not lie on names
    }
    const drawn = JSON.stringify(spaced.map((line) => [line.name, line.lane, line.hue, this.pitch]));
    if (drawn === this.namesDrawn) return;
    this.namesDrawn = drawn;
    cgClear(this.names);
    this.names.append(...spaced.map((line) => cgHtml("span", {
      class: `cgl-name cgl-h${line.hue}`, style: `left: ${this.x(line) + 6}px`, "data-line": cgLineKey(this.model, line),
    }, cgHtml("bdi", {}, line.name))));
  }

  // At the right: where in the notebook something is in doubt or failed, and which part the window shows.
  drawStrip() {
    const all = Math.max(this.shown.length, 1);
    const hot = this.shown.flatMap((row, place) => (["stale", "failed"].includes(this.model.cells[row].state) ? [[place, this.model.cells[row].state]] : []));
    this.strip.setAttribute("viewBox", `0 0 10 ${all}`);
    this.strip.classList.toggle("cgp-hidden", this.shown.length * this.height <= (this.scroller.clientHeight || 500));
    const path = (state) => hot.filter(([, one]) => one === state).map(([place]) => `M0 ${place}h10v${Math.max(1, all / 180)}h-10z`).join("");
    cgClear(this.strip);
    this.frame = cgSvg("rect", { class: "cgl-frame", x: 0, width: 10 });
    this.strip.append(this.frame, ...["stale", "failed"].map((state) => cgSvg("path", { d: path(state), fill: this.looks[state].hue })));
    this.drawFrame(this.scroller.scrollTop, this.scroller.clientHeight || 500);
  }

  drawFrame(top, room) {
    if (!this.frame) return;
    this.frame.setAttribute("y", top / this.height);
    this.frame.setAttribute("height", room / this.height);
  }

  jump(event) {
    const box = this.strip.getBoundingClientRect();
    const share = (event.clientY - box.top) / box.height;
    this.scroller.scrollTop = share * this.shown.length * this.height - this.scroller.clientHeight / 2;
  }

  // What is under the pointer: a line, by itself or by one of its names, else a cell.
  subject(target) {
    const line = target.closest("[data-line]");
    if (line) return { line: line.getAttribute("data-line") };
    const row = target.closest(".cgl-row");
    return row ? { cell: row.getAttribute("data-cell") } : null;
  }

  over(event) {
    this.point(this.subject(event.target));
  }

  point(subject) {
    const wanted = subject && subject.line !== undefined ? subject : null; // a row under the pointer dims nothing
    if (JSON.stringify(wanted) === JSON.stringify(this.pointed)) return;
    this.pointed = wanted;
    this.relight();
    this.paint();
  }

  clicked(event) {
    const subject = this.subject(event.target);
    if (subject) this.acts.pick(JSON.stringify(subject) === JSON.stringify(this.picked) ? null : subject);
  }

  // Lights the cone of a cell or of a line, and dims the rest; null lights all.
  pick(subject) {
    this.picked = subject;
    this.relight();
    this.paint();
  }

  // Marks the cell that is active in the notebook.
  here(id) {
    if (this.active === id) return;
    this.active = id;
    this.paint();
  }

  search(found) {
    this.found = found;
    this.relight();
    this.paint();
  }

  relight() {
    const subject = this.pointed || this.picked;
    if (subject) {
      this.lit = this.cone(subject);
      return;
    }
    this.lit = this.found ? { rows: this.found, lines: new Set() } : null;
  }

  cone({ cell, line }) {
    if (cell !== undefined) return cgCone(this.model, this.model.cells.findIndex((one) => one.id === cell));
    return cgLineCone(this.model, this.lineIndex(line));
  }

  paint() {
    for (const row of this.held.values()) {
      row.classList.toggle("cgp-dim", this.lit !== null && !this.lit.rows.has(row.at));
      row.classList.toggle("cgl-picked", Boolean(this.picked) && row.getAttribute("data-cell") === this.picked.cell);
      row.classList.toggle("cgl-here", row.getAttribute("data-cell") === this.active);
    }
    const lit = this.lit && new Set([...this.lit.lines].map((index) => cgLineKey(this.model, this.model.lines[index])));
    for (const [key, group] of this.drawnLines || []) {
      group.classList.toggle("cgp-dim", lit !== null && !lit.has(key));
      group.classList.toggle("cgl-picked", Boolean(this.picked) && key === this.picked.line);
    }
  }

  // Scrolls as little as needed so that a row is in the window.
  reveal(row, middle = false) {
    const y = this.places.at[row] * this.height;
    const room = this.scroller.clientHeight;
    const { scrollTop } = this.scroller;
    if (!middle && y >= scrollTop && y + this.height <= scrollTop + room) return;
    this.scroller.scrollTop = middle ? y - room / 2 : y < scrollTop ? y - this.height : y - room + 2 * this.height;
    this.drawWindow(false);
  }

  focus(row) {
    if (row === undefined || !this.places.shown[row]) return;
    this.current = row;
    this.reveal(row);
    this.drawWindow(true);
    const element = this.held.get(this.model.cells[row].id);
    if (element) element.focus({ preventScroll: true });
  }

  // Keys in the list; true if the key meant something here.
  key(event) {
    const at = this.shown.indexOf(this.current);
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / this.height) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.shown.length, End: this.shown.length };
    if (Object.hasOwn(steps, event.key)) {
      this.focus(this.shown[Math.min(Math.max(at + steps[event.key], 0), this.shown.length - 1)]);
      return true;
    }
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") return this.beside(event.key === "ArrowRight" ? 1 : -1);
    return false;
  }

  // From name to name of a row, and back to the row itself.
  beside(step) {
    const row = this.held.get((this.model.cells[this.current] || {}).id);
    if (!row) return true;
    const stops = [row, ...row.querySelectorAll(".cgl-tag")];
    const next = stops[stops.indexOf(document.activeElement) + step];
    if (next) next.focus({ preventScroll: true });
    return true;
  }

  zoom(factor) {
    this.resize(this.height * factor);
  }

  // As many rows as there are, in the window.
  fit() {
    this.resize(this.height === CG_ROW.usual ? this.scroller.clientHeight / Math.max(this.shown.length, 1) : CG_ROW.usual);
  }

  resize(height) {
    const middle = (this.scroller.scrollTop + this.scroller.clientHeight / 2) / this.height;
    this.height = Math.min(Math.max(Math.round(height), CG_ROW.least), CG_ROW.most);
    this.measure();
    this.scroller.scrollTop = middle * this.height - this.scroller.clientHeight / 2;
    this.drawWindow(true);
    this.drawStrip();
  }

  wheel(event) {
    if (!(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15);
  }

  toggleNames() {
    this.named = !this.named;
    this.namesDrawn = "";
  }
}

// A line is the same one as long as the same cell makes the same name.
export const cgLineKey = (model, line) => `${model.cells[line.maker].id} ${line.name}`;

// For each row where it stands; a row that is not shown stands between those that are.
function cgPlaces(count, shown) {
  const at = new Float64Array(count);
  const is = new Uint8Array(count);
  let place = 0;
  for (let row = 0; row < count; row += 1) {
    is[row] = shown[place] === row ? 1 : 0;
    at[row] = is[row] ? place : place - 0.5;
    place += is[row];
  }
  return { at, shown: is };
}

function cgGlyph(kind, x, y, size, stale) {
  const hot = stale ? " cgl-hot" : "";
  if (kind === "change") {
    const reach = size * 1.3;
    return cgSvg("path", { class: `cgl-full${hot}`, d: `M${x} ${y - reach}l${reach} ${reach}l${-reach} ${reach}l${-reach} ${-reach}z` });
  }
  if (kind === "delete") {
    const reach = size * 0.9;
    return cgSvg("path", { class: `cgl-cross${hot}`, d: `M${x - reach} ${y - reach}l${2 * reach} ${2 * reach}m0 ${-2 * reach}l${-2 * reach} ${2 * reach}` });
  }
  const full = kind === "bind";
  return cgSvg("circle", { class: `${full ? "cgl-full" : "cgl-open"}${kind === "former" ? " cgl-former" : ""}${hot}`, cx: x, cy: y, r: full ? size + 0.4 : size * 0.85 });
}
