// What stands beside the picture: a cell with its reasons, its names and its source, or the history
// of one name.

import { cgClear, cgClock, cgHtml, cgMark, cgSeconds, cgText } from "./dom.js";
import { cgNow } from "./words.js";

const CG_HISTORY = 40; // writes of one name that are listed

export class CgDetails {
  constructor(acts) {
    this.acts = acts;
    this.element = cgHtml("aside", { class: "cgp-details", "aria-live": "polite" });
    this.show(null);
  }

  show(content) {
    cgClear(this.element);
    this.element.classList.toggle("cgp-hidden", content === null);
    if (content !== null) this.element.append(...content.filter(Boolean));
  }

  head(mark, title, ...buttons) {
    const close = cgHtml("button", { class: "cgp-plain", title: "Close (Esc)", "aria-label": "Close", onclick: () => this.acts.pick(null) }, "×");
    return cgHtml("header", {}, mark, cgHtml("strong", {}, title), cgHtml("span", { class: "cgp-space" }), ...buttons, close);
  }

  cell(cell, model) {
    const look = model.looks[cell.state];
    const go = cgHtml("button", { onclick: () => this.acts.go(cell.id), title: "Scroll the notebook to this cell" }, "go to cell");
    const took = cell.seconds ? ` · ${cgSeconds(cell.seconds)}` : "";
    const ran = cell.runs ? ` · ran ${cell.runs === 1 ? "once" : `${cell.runs} times`}${took}` : "";
    this.show([
      this.head(cgMark(look, 14), cell.label, go),
      cgHtml("p", { class: "cgp-word" }, look.word + ran),
      ...this.reasons(cell, model),
      this.names("makes", [...cell.makes.map(([name]) => name), ...cell.folded], model),
      this.names("reads", cell.read, model),
      cgHtml("pre", { class: "cgp-source", tabindex: 0 }, cgHtml("bdi", {}, model.sources[cell.id] || "")),
    ]);
  }

  reasons(cell, model) {
    if (!cell.findings.length) return [];
    const rows = cell.findings.map((finding) => {
      const cause = model.cells.find((one) => one.id === finding.cause);
      const link = cause && cause.id !== cell.id
        ? cgHtml("button", { class: "cgp-link", onclick: () => this.acts.pick({ cell: cause.id }) }, `show ${cause.label}`)
        : null;
      const kind = finding.severity === "warning" ? "cgp-doubt" : "cgp-note";
      return cgHtml("li", {}, cgHtml("abbr", { class: `cgp-code-of ${kind}`, title: finding.meaning }, finding.code), " ", cgText(finding.message), " ", link);
    });
    return [cgHtml("ul", { class: "cgp-reasons" }, rows)];
  }

  names(word, names, model) {
    if (!names.length) return null;
    const known = (name) => Object.hasOwn(model.names, name);
    const whole = (name) => (known(name) ? name : Object.keys(model.names).find((one) => name.startsWith(one) && /^[.[]/.test(name.slice(one.length))));
    const chips = names.map((name) => {
      const subject = whole(name);
      return subject
        ? cgHtml("button", { class: "cgp-chip", onclick: () => this.acts.pickName(subject), title: "Its history" }, cgHtml("bdi", {}, name))
        : cgHtml("span", { class: "cgp-chip" }, cgHtml("bdi", {}, name));
    });
    return cgHtml("p", { class: "cgp-names" }, cgHtml("span", { class: "cgp-word" }, word), chips);
  }

  name(name, model) {
    const writes = Object.hasOwn(model.names, name) ? model.names[name] : [];
    const rows = writes.slice(-CG_HISTORY).map((write, index, shown) => {
      const before = index ? shown[index - 1].value : null;
      const what = { bind: "made", mutate: "changed", delete: "deleted" }[write.kind];
      const value = write.kind === "delete" ? "" : write.value;
      const same = before !== null && before === value ? "" : value;
      const parts = write.parts.length ? ` ${write.parts.join(", ")}` : "";
      return cgHtml("li", {},
        cgHtml("button", { class: "cgp-link", onclick: () => this.acts.pick({ cell: write.cell }) }, cgText(cgNow(model, write.cell))),
        ` ${what}${parts} `,
        cgHtml("span", { class: "cgp-value" }, cgHtml("bdi", {}, same)),
        cgHtml("time", {}, cgClock(write.at)));
    });
    const readers = model.cells.filter((cell) => cell.read.some((read) => read === name || (read.startsWith(name) && /^[.[]/.test(read.slice(name.length)))));
    const readBy = readers.map((cell) => cgHtml("button", { class: "cgp-chip", onclick: () => this.acts.pick({ cell: cell.id }) }, cgText(cgNow(model, cell.id))));
    this.show([
      this.head(null, cgHtml("bdi", {}, name)),
      cgHtml("p", { class: "cgp-word" }, `written ${writes.length === 1 ? "once" : `${writes.length} times`}`),
      cgHtml("ol", { class: "cgp-history" }, rows.reverse()),
      readBy.length ? cgHtml("p", { class: "cgp-names" }, cgHtml("span", { class: "cgp-word" }, "read by"), readBy) : null,
    ].filter(Boolean));
  }
}
