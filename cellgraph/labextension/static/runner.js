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
    this.running = { number: 0, of: plan.length };
    let done = true;
    try {
      for (let at = 0; at < plan.length && done;) {
        if (at > 0) await link.ask(at < plan.length - 1);
        else link.expectMore(plan.length > 1);
        const needed = plan.slice(at).filter((id) => at === 0 || id === wanted || !link.comm || link.state.plan.includes(id));
        const part = chunk(needed.filter((id) => link.index(id) >= 0), new Set(link.state.slow));
        if (!part.length) break;
        at = plan.indexOf(part.at(-1)) + 1;
        done = await this.together(part);
      }
    } finally {
      this.running = null;
      link.expectMore(false);
      link.tellChanged();
    }
    return done;
  }

  // Hands cells to the kernel together; it leaves out the rest after one that raises.
  async together(part) {
    const { content, sessionContext } = this.link.panel;
    this.failed = null;
    this.next();
    const done = await this.notebook.NotebookActions.runCells(content, part.map((id) => content.widgets[this.link.index(id)]), sessionContext);
    if (!done) await this.link.go(this.failed || part[0]);
    return done;
  }

  // A cell has ended: the next one of those that were handed over runs.
  ended(id, success) {
    if (!this.running) return;
    if (success) this.next();
    else this.failed = this.failed || id;
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

// The cells at the beginning that are handed to the kernel at once: quick ones together, a slow one by itself, so
// that it is known before whether it is still needed. The front end empties the outputs of all that it hands over, and
// after one that raises those of the rest must stay: so for now it is one at a time.
export function chunk(cells, slow, most = 1) {
  const end = cells.findIndex((id, at) => at > 0 && (slow.has(id) || slow.has(cells[at - 1])));
  return cells.slice(0, Math.min(end < 0 ? cells.length : end, most));
}
