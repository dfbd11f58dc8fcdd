// What flows into a cell or a variable, and out of it, at any distance. A cone holds rows and indices of lines.

export function cgCone(model, row) {
  const rows = new Set([...cgReached(model, [row], true), ...cgReached(model, [row], false)]);
  return { rows, lines: cgLinesAmong(model, rows) };
}

export function cgLineCone(model, index) {
  if (index < 0) return { rows: new Set(), lines: new Set() };
  const line = model.lines[index];
  const touched = line.marks.map(([row]) => row);
  const rows = new Set([...cgReached(model, touched, true), ...cgReached(model, [line.maker], false)]);
  return { rows, lines: new Set([index, ...cgLinesAmong(model, rows)]) };
}

// The rows that these reach along the edges, or that reach these, with themselves.
export function cgReached(model, start, forward) {
  const following = new Map();
  for (const [source, target] of model.edges) {
    const [here, there] = forward ? [source, target] : [target, source];
    if (!following.has(here)) following.set(here, []);
    following.get(here).push(there);
  }
  const found = new Set(start);
  const waiting = [...start];
  while (waiting.length) {
    for (const next of following.get(waiting.pop()) || []) {
      if (found.has(next)) continue;
      found.add(next);
      waiting.push(next);
    }
  }
  return found;
}

// Lines along which something goes from one of these rows to another.
function cgLinesAmong(model, rows) {
  const held = model.lines.flatMap((line, index) => (line.flows.some(([source, target]) => rows.has(source) && rows.has(target)) ? [index] : []));
  return new Set(held);
}
