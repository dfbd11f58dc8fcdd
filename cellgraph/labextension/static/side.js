// The panel at the side, as the table of contents is: the lifelines of the notebook that has the focus.

import { cgHtml } from "./panel/dom.js";
import { CgPanel } from "./panel/panel.js";

const OPEN = "cellgraph:panel-is-open"; // kept for this tab, where the front end does not restore its layout
const ICON = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><g class="jp-icon3" fill="none" stroke="#616161" stroke-width="2"><path d="M6 4v16M13 9v11" /></g><g class="jp-icon3" fill="#616161"><circle cx="6" cy="4" r="2.6"/><circle cx="13" cy="9" r="2.6"/><circle cx="6" cy="13" r="2"/><circle cx="13" cy="19" r="2"/><rect x="17" y="8" width="5" height="2"/><rect x="17" y="18" width="5" height="2"/></g></svg>`;
const WORDS = {
  none: ["Open a notebook to see how its cells depend on each other."],
  unknown: ["Waiting for the kernel …"],
  no: ["This notebook is not tracked.", "What has run before cellgraph is loaded is not known."],
  restarted: ["Not tracked since the restart.", "Load cellgraph again: by the cell that does it, or here."],
};

export class Side {
  constructor(app, modules, restorer, extension) {
    Object.assign(this, { app, extension, link: null, views: new Map() });
    const { Widget } = modules.widgets;
    const side = this;
    this.icon = new modules.ui.LabIcon({ name: "cellgraph:lifelines", svgstr: ICON });
    this.widget = new (class extends Widget {
      onAfterShow() {
        side.seen();
      }

      onAfterHide() {
        side.seen();
      }

      onAfterAttach() {
        side.seen();
      }
    })();
    this.widget.id = "cellgraph-panel";
    this.widget.addClass("cellgraph-side");
    this.widget.title.icon = this.icon;
    this.widget.title.caption = "cellgraph: cells and variables";
    this.keeps = !restorer;
    app.shell.add(this.widget, "right", { rank: 700, type: "cellgraph" });
    if (restorer) restorer.add(this.widget, "cellgraph-panel");
    else if (sessionStorage.getItem(OPEN)) app.restored.then(() => this.open());
    this.show(null);
  }

  open() {
    this.app.shell.activateById(this.widget.id);
    this.seen();
  }

  // Opens the panel with one cell picked, so that its reasons are shown.
  explain(id) {
    this.open();
    if (this.link) this.view(this.link).explain(id);
  }

  // The panel has come into view or gone out of it.
  seen() {
    if (this.keeps && this.settled) {
      if (this.widget.isVisible) sessionStorage.setItem(OPEN, "yes");
      else sessionStorage.removeItem(OPEN);
    }
    this.settled = true;
    this.show(this.extension.current);
  }

  // Shows the notebook of a link; only the one that is shown has its kernel draw.
  show(link) {
    if (this.link && this.link !== link) this.link.watch(false);
    this.link = link;
    const visible = this.widget.isVisible;
    if (link) link.watch(visible);
    if (!visible) return;
    const wanted = link ? this.view(link).element : this.nothing();
    if (wanted.parentElement !== this.widget.node) this.widget.node.replaceChildren(wanted);
    if (link) this.view(link).draw();
  }

  nothing() {
    this.empty = this.empty || cgHtml("div", { class: "cellgraph-words" }, cgHtml("p", {}, WORDS.none[0]));
    return this.empty;
  }

  view(link) {
    if (!this.views.has(link)) {
      const view = new View(link);
      this.views.set(link, view);
      link.panel.disposed.connect(() => {
        this.views.delete(link);
        view.close();
      });
    }
    return this.views.get(link);
  }
}

// The panel of one notebook: its picture, or why there is none.
class View {
  constructor(link) {
    Object.assign(this, { link, panel: null, wanted: null });
    this.words = cgHtml("div", { class: "cellgraph-words" });
    this.element = cgHtml("div", { class: "cellgraph-view" }, this.words);
    this.take = (model) => this.picture(model);
    link.drawn.add(this.take);
  }

  close() {
    this.link.drawn.delete(this.take);
    if (this.panel) this.panel.destroy();
  }

  picture(model) {
    if (this.panel) this.panel.update(model);
    else this.panel = new CgPanel(this.element, model, this.host());
    this.draw();
    if (this.wanted) this.explain(this.wanted);
  }

  host() {
    const { link } = this;
    return {
      follows: true,
      frame: (run, show) => link.question("frame", { run }, (answer) => show(answer.frame)),
      layers: (question, show) => link.question("layers", question, show),
      go: (id) => link.index(id) >= 0 && (link.go(id), true),
      run: (cells) => (cells.length && link.runner.run(cells), true),
    };
  }

  // A panel whose kernel has gone is let go: what it shows is no longer so.
  draw() {
    const { link } = this;
    if (!link.comm && this.panel) {
      this.panel.destroy();
      this.panel = null;
    }
    this.words.hidden = Boolean(this.panel);
    if (this.panel) this.panel.here(link.active, link.runner.running);
    else this.say(link.comm ? ["…"] : WORDS[link.tracking] || WORDS.no, !link.comm && link.tracking !== "unknown");
  }

  say(words, loads) {
    const said = `${words.join(" ")}${loads}`;
    if (this.said === said) return;
    this.said = said;
    const button = cgHtml("button", { onclick: () => this.link.load() }, "Load cellgraph");
    this.words.replaceChildren(...words.map((line) => cgHtml("p", {}, line)), ...(loads ? [button] : []));
  }

  explain(id) {
    this.wanted = this.panel ? null : id;
    if (this.panel) this.panel.pickCell(id);
  }
}
