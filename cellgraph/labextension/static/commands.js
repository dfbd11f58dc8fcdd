// The commands, for the palette, the context menu of cells, shortcuts and buttons.

export const COMMANDS = {
  run: "cellgraph:run-stale", panel: "cellgraph:open-panel", why: "cellgraph:why", needed: "cellgraph:run-needed",
  upstream: "cellgraph:select-upstream", downstream: "cellgraph:select-downstream", cause: "cellgraph:go-to-cause",
  reactive: "cellgraph:toggle-reactive", load: "cellgraph:load",
};
const IN_PALETTE = Object.values(COMMANDS);

export function addCommands(app, extension, palette) {
  const link = () => extension.current;
  const tracked = () => Boolean(link() && link().comm);
  const told = () => (link() && link().active ? link().state.cells[link().active] : null);
  const idle = () => Boolean(link()) && !link().runner.running;
  const add = (id, label, execute, isEnabled, more = {}) =>
    app.commands.addCommand(id, { label, execute, isEnabled, describedBy: { args: null }, ...more });

  add(COMMANDS.run, () => runWords(link()), () => link().runner.runStale(), () => idle() && link().state.plan.length > 0,
    { caption: "Run the cells in doubt again, in order; stop at an error" });
  add(COMMANDS.panel, "Show the cells and their variables", () => extension.side.open(), () => true,
    { caption: "The panel at the side: a row for each cell, a line for each variable", icon: extension.side.icon });
  add(COMMANDS.why, () => (told() && told().state === "failed" ? "Why Did This Fail?" : "Why Is This Stale?"),
    () => extension.side.explain(link().active), () => Boolean(told() && told().reasons.length));
  add(COMMANDS.needed, () => neededWords(link()), () => link().runner.runNeeded(link().active), () => idle() && tracked());
  add(COMMANDS.upstream, "Select Upstream Cells", () => link().runner.select(link().active, false), tracked);
  add(COMMANDS.downstream, "Select Downstream Cells", () => link().runner.select(link().active, true), tracked);
  add(COMMANDS.cause, "Go to the Cause of This Cell's Doubt", () => link().goToCause(link().active), () => Boolean(told()));
  add(COMMANDS.reactive, "Run Stale Cells After Each Run", () => extension.settings.set("reactive", !extension.settings.reactive),
    () => true, { isToggled: () => extension.settings.reactive, isToggleable: true });
  add(COMMANDS.load, "Load cellgraph in This Kernel", () => link().load(), () => Boolean(link() && link().kernel && !link().comm));
  for (const command of palette ? IN_PALETTE : []) palette.addItem({ command, category: "cellgraph" });
}

// Menus and buttons ask again what the commands are called and whether they can be used.
export function notifyCommands(app) {
  for (const id of Object.values(COMMANDS)) if (app.commands.hasCommand(id)) app.commands.notifyCommandChanged(id);
}

export function runWords(link) {
  const { running } = link ? link.runner : {};
  if (running) return `Running ${running.number || 1} of ${running.of}`;
  const count = link ? link.state.plan.length : 0;
  return count ? `Run Stale Cells (${count})` : "Run Stale Cells";
}

function neededWords(link) {
  const count = link && link.active ? link.runner.needed(link.active).filter((id) => id !== link.active).length : 0;
  return count ? `Run What It Needs (${count + 1} cells)` : "Run What It Needs";
}
