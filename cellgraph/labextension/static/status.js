// How many cells are in doubt, and a button that runs them: in the toolbar of each notebook and in the status bar.

import { runWords } from "./commands.js";

const TELLS = "Run the cells in doubt again, in order; stop at an error";

// The button in the toolbar of one notebook. It is there only while there is something to run.
export class ToolbarRun {
  constructor({ widgets }, link) {
    this.link = link;
    this.button = document.createElement("button");
    this.button.className = "cellgraph-run";
    this.button.onmousedown = (event) => event.preventDefault(); // the cell keeps the focus
    this.button.onclick = () => link.runner.runStale();
    this.widget = new widgets.Widget({ node: wrapped(this.button) });
    this.widget.addClass("cellgraph-toolbar");
    this.draw = () => this.drawNow();
    link.changed.add(this.draw);
    this.widget.disposed.connect(() => link.changed.delete(this.draw));
    this.drawNow();
  }

  drawNow() {
    const { state, runner } = this.link;
    this.widget.setHidden(!state.plan.length && !runner.running);
    write(this.button, runWords(this.link));
    this.button.title = state.heading ? `${TELLS}\n${state.heading}` : TELLS;
    this.button.disabled = Boolean(runner.running);
  }
}

// `3 stale · run`, for the notebook that has the focus. It is there only while it says something.
export class StatusItem {
  // Without a status bar, as in Notebook 7, it stands beside the menus.
  constructor(app, { widgets }, statusBar, extension) {
    this.extension = extension;
    this.count = this.button("cellgraph-count", () => extension.side.open());
    this.run = this.button("cellgraph-run", () => extension.current && extension.current.runner.runStale());
    const node = document.createElement("div");
    node.append(this.count, this.run);
    this.widget = new widgets.Widget({ node });
    this.widget.addClass("cellgraph-status-item");
    this.widget.id = "cellgraph-status-item";
    if (statusBar) statusBar.registerStatusItem("cellgraph:status", { item: this.widget, align: "right", rank: 20 });
    else app.shell.add(this.widget, "menu", { rank: 10_900 });
    this.draw(null);
  }

  button(kind, act) {
    const button = document.createElement("button");
    button.className = kind;
    button.onclick = act;
    return button;
  }

  draw(link) {
    const words = link ? statusWords(link.doubted, link.state.plan.length, link.runner.running) : null;
    this.widget.setHidden(words === null);
    const [count, run] = words || ["", ""]; // the front end may show it all the same
    write(this.count, count);
    write(this.run, run);
    if (words === null) return;
    this.count.title = link.state.heading;
    this.run.title = TELLS;
    this.run.disabled = Boolean(link.runner.running);
  }
}

// What the status item says, in two parts; null where there is nothing to say. Where the cells to run are not
// as many as those in doubt, their number is said as well.
export function statusWords(doubted, planned, running) {
  const stale = doubted ? `${doubted} stale` : "";
  if (running) return [stale, `running ${running.number || 1} of ${running.of}`];
  if (!doubted && !planned) return null;
  const run = !planned ? "" : planned === doubted ? "run" : `run ${planned} cell${planned === 1 ? "" : "s"}`;
  return [stale, run];
}

// A toolbar lays itself out anew whenever a text in it is set, be it the same.
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function wrapped(button) {
  const node = document.createElement("div");
  node.append(button);
  return node;
}
