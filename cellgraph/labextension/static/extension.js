// The plugin: a link for each notebook that is open, and what acts on the one that has the focus.

import { addCommands, COMMANDS, notifyCommands } from "./commands.js";
import { Link } from "./link.js";
import { Settings } from "./settings.js";
import { Side } from "./side.js";
import { StatusItem, ToolbarRun } from "./status.js";

const ID = "cellgraph:plugin";
const MODULES = {
  notebook: "@jupyterlab/notebook", apputils: "@jupyterlab/apputils", ui: "@jupyterlab/ui-components",
  settings: "@jupyterlab/settingregistry", statusbar: "@jupyterlab/statusbar", application: "@jupyterlab/application",
  services: "@jupyterlab/services", widgets: "@lumino/widgets",
};
const STYLES = ["style.css", "panel/panel.css", "panel/lifelines.css", "panel/hues.css"];

// What the front end asks of a federated module. `shared` gives a module of the front end's by its name.
export async function plugin(shared) {
  const found = await Promise.all(Object.entries(MODULES).map(async ([name, full]) => [name, await shared(full)]));
  const modules = Object.fromEntries(found);
  const { notebook, apputils, settings, statusbar, application } = modules;
  const optional = {
    palette: apputils && apputils.ICommandPalette, toolbars: apputils && apputils.IToolbarWidgetRegistry,
    registry: settings && settings.ISettingRegistry, statusBar: statusbar && statusbar.IStatusBar,
    restorer: application && application.ILayoutRestorer,
  };
  const names = Object.keys(optional).filter((name) => optional[name]);
  return {
    id: ID,
    description: "Marks cells whose results no longer hold, and runs them again.",
    autoStart: true,
    requires: [notebook.INotebookTracker],
    optional: names.map((name) => optional[name]),
    activate: (app, tracker, ...given) => {
      new Extension(app, tracker, modules, Object.fromEntries(names.map((name, at) => [name, given[at]])));
    },
  };
}

class Extension {
  constructor(app, tracker, modules, services) {
    Object.assign(this, { app, tracker, modules, links: new Map(), asked: 0 }); // `asked`: the number of the latest question
    for (const style of STYLES) addStyle(style);
    this.settings = new Settings(services.registry, ID, () => this.settled());
    this.side = new Side(app, modules, services.restorer, this);
    addCommands(app, this, services.palette);
    if (services.toolbars) {
      services.toolbars.addFactory("Notebook", "cellgraph-run", (panel) => new ToolbarRun(modules, this.link(panel)).widget);
    }
    if (services.statusBar || !isLab(app)) this.status = new StatusItem(app, modules, services.statusBar, this);
    tracker.forEach((panel) => this.link(panel));
    tracker.widgetAdded.connect((_, panel) => this.link(panel));
    tracker.currentChanged.connect(() => this.moved());
    this.followRuns();
    this.answerPanels();
  }

  // The link of the notebook that has the focus.
  get current() {
    return this.links.get(this.tracker.currentWidget) || null;
  }

  // The link of a notebook; it is made when the notebook is first asked about.
  link(panel) {
    const known = this.links.get(panel);
    if (known) return known;
    const link = new Link(panel, this);
    this.links.set(panel, link);
    link.changed.add(() => link === this.current && this.moved());
    panel.disposed.connect(() => {
      this.links.delete(panel);
      this.moved();
    });
    return link;
  }

  // The links of all views of one notebook: a person can open several, and they have a kernel in common.
  views({ panel }) {
    return [...this.links.values()].filter((link) => link.panel.sessionContext === panel.sessionContext);
  }

  // The focus has moved to another notebook, or the notebook that has it has changed.
  moved() {
    this.side.show(this.current);
    if (this.status) this.status.draw(this.current);
    notifyCommands(this.app);
  }

  settled() {
    for (const link of this.links.values()) link.settled();
    this.moved();
  }

  // What a person runs may be followed by the rest, in reactive mode; what was run for that must not be.
  followRuns() {
    const { NotebookActions } = this.modules.notebook;
    const of = (notebook) => [...this.links.values()].filter((link) => link.panel.content === notebook);
    NotebookActions.executionScheduled.connect((_, { notebook, cell }) => of(notebook).forEach((link) => link.scheduled(cell)));
    NotebookActions.executed.connect((_, { notebook, cell, success }) => of(notebook).forEach((link) => link.executed(cell, success)));
  }

  // Panels that are outputs of cells ask by events of the window. An event that is taken care of is prevented.
  answerPanels() {
    window.addEventListener("cellgraph:go", (event) => {
      const link = this.holding([event.detail.id]);
      if (!link) return;
      event.preventDefault();
      link.go(event.detail.id);
    });
    window.addEventListener("cellgraph:run", (event) => {
      const { cells } = event.detail;
      const link = cells.length ? this.holding(cells) : this.current;
      if (!link) return;
      event.preventDefault();
      if (cells.length) link.runner.run(cells);
    });
  }

  // The notebook that holds one of these cells; the one that has the focus comes first.
  holding(cells) {
    const links = [this.current, ...this.links.values()].filter(Boolean);
    return links.find((link) => cells.some((id) => link.index(id) >= 0)) || null;
  }
}

// Whether this is JupyterLab, which has a status bar unless somebody has switched it off.
function isLab(app) {
  return app.name === "JupyterLab";
}

function addStyle(name) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL(name, import.meta.url).href;
  document.head.append(link);
}

export { COMMANDS };
