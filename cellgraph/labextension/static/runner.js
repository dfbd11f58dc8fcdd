// Runs cells where they stand, and knows what a cell rests on and what rests on it.

export class Runner {
  constructor(link, notebook) {
    Object.assign(this, { link, notebook, running: null });
  }

  runStale() {
    return this.run(this.link.state.plan);
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
    let done = true;
    try {
      for (const [at, id] of plan.entries()) {
        const needless = at > 0 && id !== wanted && link.comm && !link.state.plan.includes(id);
        if (needless || link.index(id) < 0) continue;
        this.running = { number: at + 1, of: plan.length };
        link.tellChanged();
        this.expectMore(at + 1 < plan.length);
        done = await this.one(id);
        if (!done) break;
      }
    } finally {
      this.running = null;
      this.expectMore(false);
      link.tellChanged();
    }
    return done;
  }

  async one(id) {
    const { content, sessionContext } = this.link.panel;
    const done = await this.notebook.NotebookActions.runCells(content, [content.widgets[this.link.index(id)]], sessionContext);
    if (!done) await this.link.go(id);
    return done;
  }

  // The kernel holds back what it has to say until the last cell has run.
  expectMore(more) {
    if (more === Boolean(this.more)) return;
    this.more = more;
    this.link.send({ kind: "queue", more });
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

// The cells at the far end of edges, at any distance, without the cell itself.
export function reached(edges, id, forward) {
  const found = new Set();
  const waiting = [id];
  while (waiting.length) {
    const here = waiting.pop();
    for (const [source, target] of edges) {
      const [from, to] = forward ? [source, target] : [target, source];
      if (from !== here || to === id || found.has(to)) continue;
      found.add(to);
      waiting.push(to);
    }
  }
  return found;
}
