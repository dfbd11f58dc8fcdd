// cellgraph in JupyterLab 4 and Notebook 7: a mark on each cell in doubt, and commands that act on
// them. Written by hand for module federation, so that it needs no build: the front end's own modules
// are taken from the scope that it shares.

(() => {
  const TARGET = "cellgraph";
  const QUIET = 400; // milliseconds without a change before the kernel is told how the notebook stands
  const LONGEST = 200_000; // characters of one cell that are sent: longer texts are no one's edits
  const STATES = ["stale", "noted", "failed"];
  const COMMANDS = {
    run: "cellgraph:run-stale",
    upstream: "cellgraph:select-upstream",
    downstream: "cellgraph:select-downstream",
    cause: "cellgraph:go-to-cause",
    reactive: "cellgraph:toggle-reactive",
  };
  const NOTHING = { kind: "state", cells: {}, plan: [], edges: [], messages: {} };
  const STYLE = `
.jp-Cell.cellgraph-stale { box-shadow: inset 0 0 0 1.5px #d55e00; border-radius: 5px; }
.jp-Cell.cellgraph-flash { animation: cellgraph-flash 1.2s; }
@keyframes cellgraph-flash { 0%, 60% { background: color-mix(in srgb, #d55e00 18%, transparent); } }
.jp-Cell > .cellgraph-badge { position: absolute; top: 4px; right: 10px; z-index: 3; padding: 0 9px; min-height: 0; height: 20px;
  border: 1px solid currentColor; border-radius: 10px; background: var(--jp-layout-color0, #fff);
  font: 600 11px/18px var(--jp-ui-font-family, sans-serif); cursor: pointer; }
.jp-Cell > .cellgraph-badge:focus-visible { outline: 2px solid var(--jp-brand-color1, #0550ae); }
.cellgraph-stale > .cellgraph-badge { color: #b34700; }
.cellgraph-noted > .cellgraph-badge { color: #0072b2; }
.cellgraph-failed > .cellgraph-badge { color: #a03a7c; }
[data-jp-theme-light="false"] .cellgraph-stale > .cellgraph-badge { color: #ff9a52; }
[data-jp-theme-light="false"] .cellgraph-noted > .cellgraph-badge { color: #6cb6ff; }
.jp-Cell.jp-mod-active > .cellgraph-badge { top: -9px; }
/* A note is a dot in the margin. Its words come up with the cell, or under the pointer. */
.jp-Cell.cellgraph-noted:not(.jp-mod-active) > .cellgraph-badge { width: 9px; height: 9px; right: 4px; padding: 0; overflow: hidden;
  border: 0; background: currentColor; font-size: 0; opacity: 0.55; }
.jp-Cell > .cellgraph-message { margin: 2px 12px 6px calc(var(--jp-cell-prompt-width, 64px) + 8px); color: var(--jp-ui-font-color1, inherit);
  font: 13px/1.5 var(--jp-ui-font-family, sans-serif); }
.jp-Cell > .cellgraph-message a { color: var(--jp-content-link-color, #0550ae); }
.cellgraph-run .jp-ToolbarButtonComponent-label { color: #b34700; font-weight: 600; }
[data-jp-theme-light="false"] .cellgraph-run .jp-ToolbarButtonComponent-label { color: #ff9a52; }
`;

  // What one notebook and its kernel tell each other. All that it knows of cells it has from the kernel.
  class Link {
    constructor(panel, modules) {
      Object.assign(this, { panel, modules, comm: null, sent: new Map(), order: "", running: null, reactive: false, asked: false });
      this.state = NOTHING;
      this.changed = () => {};
      this.later = 0;
      const context = panel.sessionContext;
      context.kernelChanged.connect((_, change) => this.attach(change.newValue));
      context.statusChanged.connect((_, status) => this.status(status));
      panel.content.modelChanged.connect(() => this.follow());
      panel.content.activeCellChanged.connect(() => this.changed());
      panel.disposed.connect(() => clearTimeout(this.later));
      panel.revealed.then(() => {
        this.follow();
        if (context.session && context.session.kernel) this.attach(context.session.kernel);
      });
    }

    // The kernel opens the comm when cellgraph is loaded; after a reload of the page it is there already.
    attach(kernel) {
      this.forget();
      if (!kernel) return;
      kernel.registerCommTarget(TARGET, (comm) => this.join(comm));
      kernel.requestCommInfo({ target_name: TARGET }).then((reply) => {
        const known = reply.content.status === "ok" ? Object.keys(reply.content.comms) : [];
        if (known.length && !this.comm) this.join(kernel.createComm(TARGET, known[known.length - 1]));
      }).catch(() => {});
    }

    join(comm) {
      this.comm = comm;
      this.sent.clear();
      this.order = "";
      comm.onMsg = (message) => this.take(message.content.data);
      comm.onClose = () => this.forget();
      this.tell();
    }

    forget() {
      this.comm = null;
      this.take(NOTHING);
    }

    // Changes of the notebook reach the kernel once they have settled and the kernel has time.
    follow() {
      const { model } = this.panel.content;
      if (!model || this.followed === model) return;
      this.followed = model;
      model.contentChanged.connect(() => this.dirty());
      model.cells.changed.connect(() => this.dirty());
      this.dirty();
    }

    dirty() {
      clearTimeout(this.later);
      this.later = setTimeout(() => this.tell(), QUIET);
    }

    status(status) {
      if (status === "idle" && this.waiting) this.tell();
      if (status === "restarting" || status === "autorestarting") this.forget();
    }

    // `now`: a cell is about to run, and what it finds has to be judged by the notebook as it stands.
    tell(now = false) {
      const { sessionContext, content } = this.panel;
      const kernel = sessionContext.session && sessionContext.session.kernel;
      if (!this.comm || !kernel || !content.model) return;
      this.waiting = kernel.status === "busy" && !now;
      if (this.waiting) return;
      const cells = [...content.model.cells].filter((cell) => cell.type === "code");
      const texts = {};
      for (const cell of cells) {
        const text = cell.sharedModel.getSource();
        if (text.length <= LONGEST && this.sent.get(cell.id) !== text) {
          texts[cell.id] = text;
          this.sent.set(cell.id, text);
        }
      }
      const ids = cells.map((cell) => cell.id);
      const order = ids.join(" ");
      if (order === this.order && !Object.keys(texts).length) return;
      this.order = order;
      this.comm.send({ kind: "notebook", cells: ids, texts });
    }

    take(data) {
      if (data.kind === "run") this.runCells(data.cells); // `%cellgraph rerun`: the cells run where they stand
      if (data.kind !== "state") return;
      this.state = data;
      this.mark();
      this.dropSaved();
      this.changed();
      if (this.reactive && this.asked && data.plan.length && !this.running) {
        this.asked = false;
        this.runStale();
      }
    }

    mark() {
      for (const cell of this.panel.content.widgets) {
        const told = this.state.cells[cell.model.id];
        for (const state of STATES) cell.node.classList.toggle(`cellgraph-${state}`, Boolean(told) && told.state === state);
        this.badge(cell, told && told.reasons.length ? told : null);
        this.message(cell, (this.state.messages || {})[cell.model.id] || "");
      }
    }

    // What the kernel says below a cell. It is no output of the cell, so it is never saved.
    message(cell, html) {
      const there = cell.node.querySelector(":scope > .cellgraph-message");
      if (!html) {
        if (there) there.remove();
        return;
      }
      const message = there || document.createElement("div");
      if (message.cellgraphHtml === html) return;
      message.cellgraphHtml = html;
      message.className = "cellgraph-message";
      message.setAttribute("role", "status");
      message.innerHTML = html;
      message.onclick = (event) => {
        const link = event.target.closest('a[href^="#cell-id="]');
        if (!link) return;
        event.preventDefault();
        this.go(decodeURIComponent(link.getAttribute("href").slice("#cell-id=".length)));
      };
      if (!there) cell.node.append(message);
    }

    // Messages that the kernel put out before it knew of this extension: they are drawn here from now on.
    dropSaved() {
      if (!this.comm) return;
      for (const cell of this.panel.content.widgets) {
        const outputs = cell.model.type === "code" ? cell.model.outputs : null;
        const known = outputs ? outputs.toJSON() : [];
        const kept = known.filter((output) => !(output.metadata && output.metadata.cellgraph === true));
        if (kept.length < known.length) outputs.fromJSON(kept);
      }
    }

    badge(cell, told) {
      const there = cell.node.querySelector(":scope > .cellgraph-badge");
      if (!told) {
        if (there) there.remove();
        return;
      }
      const badge = there || document.createElement("button");
      badge.className = "cellgraph-badge";
      badge.textContent = `${told.state === "stale" ? "▲" : "◆"} ${told.word}`;
      badge.title = told.reasons.map((reason) => `${reason.code}  ${reason.message}`).join("\n");
      badge.setAttribute("aria-label", `${told.word}: ${badge.title}. Go to the cause.`);
      badge.onclick = () => this.goToCause(cell.model.id);
      if (!there) cell.node.append(badge);
    }

    index(id) {
      return this.panel.content.widgets.findIndex((cell) => cell.model.id === id);
    }

    get active() {
      const cell = this.panel.content.activeCell;
      return cell ? cell.model.id : null;
    }

    async go(id) {
      const { content } = this.panel;
      const at = this.index(id);
      if (at < 0) return false;
      content.deselectAll();
      content.activeCellIndex = at;
      await content.scrollToItem(at, "center").catch(() => {});
      const { node } = content.widgets[at];
      node.classList.remove("cellgraph-flash");
      requestAnimationFrame(() => node.classList.add("cellgraph-flash"));
      return true;
    }

    cause(id) {
      const told = this.state.cells[id];
      const reason = told && told.reasons.find((one) => one.cause && one.cause !== id && this.index(one.cause) >= 0);
      return reason ? reason.cause : null;
    }

    goToCause(id) {
      const cause = this.cause(id);
      return cause ? this.go(cause) : this.go(id);
    }

    cone(id, forward) {
      const found = new Set();
      const waiting = [id];
      while (waiting.length) {
        const here = waiting.pop();
        for (const [source, target] of this.state.edges) {
          const [from, to] = forward ? [source, target] : [target, source];
          if (from === here && to !== id && !found.has(to)) {
            found.add(to);
            waiting.push(to);
          }
        }
      }
      return found;
    }

    select(id, forward) {
      const { content } = this.panel;
      const cone = this.cone(id, forward);
      content.deselectAll();
      for (const cell of content.widgets) if (cone.has(cell.model.id)) content.select(cell);
      const cell = content.widgets[this.index(id)];
      if (cell) content.select(cell);
      content.mode = "command";
      return cone.size;
    }

    runStale() {
      return this.runCells(this.state.plan);
    }

    // Runs cells in place, in order; stops at the first that raises.
    async runCells(cells) {
      const plan = cells.filter((id) => this.index(id) >= 0);
      if (!plan.length || this.running) return;
      const { NotebookActions } = this.modules.notebook;
      const { content, sessionContext } = this.panel;
      try {
        for (const [number, id] of plan.entries()) {
          this.running = { number: number + 1, of: plan.length };
          this.changed();
          const cell = content.widgets[this.index(id)];
          if (!cell) break;
          this.own = true;
          const done = await NotebookActions.runCells(content, [cell], sessionContext);
          if (!done) {
            await this.go(id);
            break;
          }
        }
      } finally {
        this.running = null;
        this.own = false;
        this.changed();
      }
    }
  }

  function commands(app, links, tracker) {
    const link = () => links.get(tracker.currentWidget);
    const count = () => (link() ? link().state.plan.length : 0);
    const told = () => (link() && link().active ? link().state.cells[link().active] : null);
    const add = (id, label, execute, isEnabled, more = {}) => app.commands.addCommand(id, { label, execute, isEnabled, ...more });
    add(COMMANDS.run, () => {
      const running = link() && link().running;
      if (running) return `Running ${running.number} of ${running.of}`;
      return count() ? `Run stale cells (${count()})` : "Run stale cells";
    }, () => link() && link().runStale(), () => count() > 0 && !link().running, { caption: "Run the cells in doubt again, in order; stop at an error" });
    add(COMMANDS.upstream, "Select upstream cells", () => link() && link().select(link().active, false), () => Boolean(link() && link().comm));
    add(COMMANDS.downstream, "Select downstream cells", () => link() && link().select(link().active, true), () => Boolean(link() && link().comm));
    add(COMMANDS.cause, "Go to the cause of this cell's doubt", () => link() && link().goToCause(link().active), () => Boolean(told()));
    add(COMMANDS.reactive, "Run stale cells after each run", () => {
      link().reactive = !link().reactive;
      link().changed();
    }, () => Boolean(link() && link().comm), { isToggled: () => Boolean(link() && link().reactive), isToggleable: true });
  }

  function toolbar(link, modules, app) {
    const { ToolbarButton } = modules.ui;
    const button = new ToolbarButton({
      label: "Run stale cells", tooltip: "Run the cells in doubt again, in order; stop at an error",
      onClick: () => link.runStale(), className: "cellgraph-run", noFocusOnClick: true,
    });
    button.hide();
    link.changed = () => {
      const { plan } = link.state;
      const { running } = link;
      button.setHidden(!plan.length && !running);
      const words = running ? `Running ${running.number} of ${running.of}` : `Run stale cells (${plan.length})`;
      const label = button.node.querySelector(".jp-ToolbarButtonComponent-label");
      if (label) label.textContent = words;
      else button.update();
      for (const id of Object.values(COMMANDS)) if (app.commands.hasCommand(id)) app.commands.notifyCommandChanged(id);
    };
    const { toolbar: bar } = link.panel;
    bar.insertBefore ? bar.insertBefore("spacer", "cellgraph", button) || bar.addItem("cellgraph", button) : bar.addItem("cellgraph", button);
  }

  function activate(app, tracker, palette, modules) {
    const links = new Map();
    const style = document.createElement("style");
    style.textContent = STYLE;
    document.head.append(style);
    commands(app, links, tracker);
    for (const id of palette ? Object.values(COMMANDS) : []) {
      if (app.commands.hasCommand(id)) palette.addItem({ command: id, category: "cellgraph" });
    }
    const adopt = (panel) => {
      const link = new Link(panel, modules);
      links.set(panel, link);
      panel.disposed.connect(() => links.delete(panel));
      toolbar(link, modules, app);
    };
    tracker.forEach(adopt);
    tracker.widgetAdded.connect((_, panel) => adopt(panel));
    // What a person runs may be followed by the rest; what was run for that must not be.
    modules.notebook.NotebookActions.executionScheduled.connect((_, { notebook }) => {
      for (const link of links.values()) {
        if (link.panel.content !== notebook) continue;
        link.asked = !link.own;
        link.tell(true);
      }
    });
    window.addEventListener("cellgraph:go", (event) => {
      const link = [...links.values()].find((one) => one.index(event.detail.id) >= 0);
      if (!link) return;
      event.preventDefault(); // it is taken care of
      link.go(event.detail.id);
    });
  }

  // A module of the front end's, from whichever version it has loaded.
  async function shared(scope, name) {
    const versions = Object.values(scope[name] || {});
    const entry = versions.find((one) => one.loaded) || versions[versions.length - 1];
    if (!entry) throw new Error(`cellgraph: this front end does not share ${name}`);
    return (await entry.get())();
  }

  async function plugin(scope) {
    const [notebook, apputils, ui] = await Promise.all(
      ["@jupyterlab/notebook", "@jupyterlab/apputils", "@jupyterlab/ui-components"].map((name) => shared(scope, name)),
    );
    const modules = { notebook, apputils, ui };
    return {
      id: "cellgraph:plugin",
      autoStart: true,
      requires: [notebook.INotebookTracker],
      optional: [apputils.ICommandPalette],
      activate: (app, tracker, palette) => activate(app, tracker, palette, modules),
    };
  }

  let scope = null;
  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB.cellgraph = {
    init: (given) => {
      scope = given;
    },
    get: async () => {
      const made = { __esModule: true, default: await plugin(scope) };
      return () => made;
    },
  };
})();
