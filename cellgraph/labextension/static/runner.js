// Runs cells where they stand, and knows what a cell rests on and what rests on it.

const LONGEST = 3_000; // milliseconds that the answers for cells that were left out are waited for

export class Runner {
  constructor(link, notebook) {
    Object.assign(this, { link, notebook, running: null, request: null });
  }

  // What was typed a moment ago counts: the kernel is told first. One that is at work answers when it has ended. If
  // that fails, nothing is begun, as the front end begins no cell that waits behind one that raises.
  async runStale() {
    const { link } = this;
    const request = {};
    this.request = request;
    link.tell(true);
    await link.expectMore(false);
    return this.request === request && this.run(link.state.plan);
  }

  // What a cell rests on and has to be run, in order, then the cell itself where it is in doubt or was asked for.
  needed(id) {
    const { plan, edges } = this.link.state;
    const above = reached(edges, id, false);
    return plan.filter((one) => above.has(one) || one === id);
  }

  runNeeded(id) {
    const needed = this.needed(id);
    return this.run(needed.includes(id) ? needed : [...needed, id], id);
  }

  // Runs cells in order; stops at the first that raises. One that has become good meanwhile, because a cell
  // above made what it made before, is left out, unless it was `wanted`.
  async run(cells, wanted = null) {
    const { link } = this;
    const plan = cells.filter((id) => link.index(id) >= 0);
    if (!plan.length || this.running) return false;
    this.running = { number: 0, of: plan.length };
    const { comm } = link;
    let done = true;
    try {
      for (let at = 0; at < plan.length && done;) {
        if (plan.length > 1) await link.expectMore(at < plan.length - 1);
        if (link.comm !== comm) return false; // the kernel has gone
        const needed = plan.slice(at).filter((id) => at === 0 || id === wanted || !link.comm || link.state.plan.includes(id));
        const part = chunk(needed.filter((id) => link.index(id) >= 0), link.state.seconds);
        if (!part.length) break;
        at = plan.indexOf(part.at(-1)) + 1;
        done = await this.together(part);
      }
    } finally {
      this.running = null;
      if (plan.length > 1) link.expectMore(false);
      link.tellChanged();
    }
    return done;
  }

  // Hands cells to the kernel together; it leaves out the rest after one that raises. The front end empties the
  // outputs of all that it hands over, so those of cells that were left out are put back.
  async together(part) {
    const { content, sessionContext } = this.link.panel;
    const cells = part.map((id) => content.widgets[this.link.index(id)]);
    const before = cells.map((cell) => ({ outputs: cell.model.outputs.toJSON(), count: cell.model.executionCount }));
    this.failed = null;
    this.went = new Set(); // cells that have ended, well or not
    this.next();
    const done = await this.notebook.NotebookActions.runCells(content, cells, sessionContext);
    if (done) return true;
    const behind = part.indexOf(this.failed) + 1;
    if (behind) await this.allEnded(part);
    for (const [at, { model }] of cells.entries()) if (behind && at >= behind) putBack(model, before[at]);
    await this.link.go(this.failed || part[0]);
    return false;
  }

  // A cell has ended: the next one of those that were handed over runs. Those that are left out end as well.
  ended(id, success) {
    if (!success) this.request = null;
    if (!this.running) return;
    this.went.add(id);
    if (success) this.next();
    else this.failed = this.failed || id;
  }

  // The kernel answers for the cells that it leaves out a moment after it has for the one that raised.
  async allEnded(part) {
    const last = performance.now() + LONGEST;
    while (!part.every((id) => this.went.has(id)) && performance.now() < last) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  next() {
    this.running.number = Math.min(this.running.number + 1, this.running.of);
    this.link.tellChanged();
  }

  // Selects a cell and what it rests on, or what rests on it. Gives the number of these.
  select(id, forward) {
    const { content } = this.link.panel;
    const cone = reached(this.link.state.edges, id, forward);
    content.deselectAll();
    for (const cell of content.widgets) if (cone.has(cell.model.id) || cell.model.id === id) content.select(cell);
    content.mode = "command";
    return cone.size;
  }
}

// What a cell showed before it was handed over, where it was left out then.
function putBack(model, { outputs, count }) {
  if (model.isDisposed || model.outputs.length) return;
  model.outputs.fromJSON(outputs);
  model.executionCount = count;
}

// The cells at the far end of edges, at any distance, without the cell itself.
export function reached(edges, id, forward) {
  const next = new Map();
  for (const [source, target] of edges) {
    const [from, to] = forward ? [source, target] : [target, source];
    if (!next.has(from)) next.set(from, []);
    next.get(from).push(to);
  }
  const found = new Set();
  const waiting = [id];
  while (waiting.length) {
    for (const to of next.get(waiting.pop()) || []) {
      if (to === id || found.has(to)) continue;
      found.add(to);
      waiting.push(to);
    }
  }
  return found;
}

// The cells at the beginning that are handed to the kernel at once: as many as take about a second together. Before
// the others it is asked whether they are still needed. A cell that never ran may take long.
export function chunk(cells, seconds, most = 1) {
  let sum = 0;
  const end = cells.findIndex((id, at) => {
    sum += Object.hasOwn(seconds, id) ? seconds[id] : most;
    return at > 0 && sum > most;
  });
  return end < 0 ? cells : cells.slice(0, end);
}
