// Where everything goes. dagre lays out boxes in layers; cells and labels are both boxes, so that no
// label lies on anything else. Only sizes and numbers are handed to it.

const CG_CARD = { line: 15, header: 21, foot: 7, padding: 11, column: 6.7, small: 6.1, narrow: 92 };
const CG_LABEL_HEIGHT = 17;
const CG_QUICK = 120; // boxes from which on the quicker ranking is taken
const CG_WHOLE = 260; // boxes up to which the graph is laid out as a whole
const CG_BAND = 40; // cells of a band beyond that
const CG_KEPT = 120; // bands of which the layout is remembered
const CG_LAID = new Map();

// Boxes and lines for cells with their names on the way, as `{nodes, links}`.
function cgCellGraph(model) {
  const tags = cgTags(model);
  const nodes = model.cells.map((cell, index) => cgCardNode(cell, index, tags.get(index) || []));
  const links = [];
  const order = [];
  model.bundles.forEach((bundle, number) => {
    if (bundle.tagged) return;
    const key = `l:${model.cells[bundle.source].id}:${bundle.names.join(" ")}:${bundle.upward ? "up" : ""}`;
    nodes.push({
      key, kind: "label", bundle, number, text: bundle.text,
      width: bundle.columns * CG_CARD.small + 16, height: CG_LABEL_HEIGHT,
    });
    links.push(cgLink(nodes[bundle.source].key, key, bundle, true));
    for (const target of bundle.targets) links.push(cgLink(key, nodes[target].key, bundle, false));
  });
  const held = new Set(links.filter((link) => !link.upward).map((link) => link.to));
  const reached = new Set(model.bundles.filter((b) => !b.tagged && !b.upward).flatMap((b) => b.targets));
  model.cells.forEach((cell, index) => {
    // Without this, cells that read nothing would all line up on top.
    if (index > 0 && !reached.has(index) && !held.has(nodes[index].key)) order.push([index - 1, index]);
  });
  const unseen = order.map(([above, below]) => ({ from: nodes[above].key, to: nodes[below].key, unseen: true }));
  return { nodes, links: [...links, ...unseen] };
}

// The same with a node for each name that a cell makes.
function cgNameGraph(model) {
  const nodes = model.cells.map((cell, index) => cgCardNode(cell, index, []));
  const links = new Map();
  const seen = new Map();
  for (const bundle of model.bundles) {
    for (const name of bundle.names) {
      const key = `n:${model.cells[bundle.source].id}:${name}`;
      if (!seen.has(key)) {
        const short = name.length > 28 ? `${name.slice(0, 27)}…` : name;
        seen.set(key, true);
        nodes.push({
          key, kind: "name", name, text: short, bundle: { ...bundle, names: [name], targets: [] },
          width: Math.max(short.length * CG_CARD.column + 24, 44), height: 24,
        });
      }
      const node = nodes.find((one) => one.key === key);
      node.bundle.targets = [...new Set([...node.bundle.targets, ...bundle.targets])];
      const own = { ...bundle, names: [name], stale: bundle.stale.includes(name) ? [name] : [] };
      if (own.stale.length) node.bundle.stale = own.stale;
      const into = cgLink(nodes[bundle.source].key, key, own, true);
      links.set(`${into.from}>${into.to}`, into);
      for (const target of bundle.targets) {
        const out = cgLink(key, nodes[target].key, own, false);
        links.set(`${out.from}>${out.to}`, out);
      }
    }
  }
  return { nodes, links: [...links.values()] };
}

function cgLink(from, to, bundle, into) {
  return { from, to, into, stale: bundle.stale.length > 0, upward: bundle.upward, key: `${from}>${to}` };
}

function cgTags(model) {
  const tags = new Map();
  for (const bundle of model.bundles.filter((one) => one.tagged)) {
    for (const target of bundle.targets) {
      const tag = { text: bundle.tag, stale: bundle.stale.length > 0 };
      tags.set(target, [...(tags.get(target) || []), tag].slice(0, 4));
    }
  }
  return tags;
}

function cgColumns(text) {
  let count = 0;
  for (const letter of text) count += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u.test(letter) ? 2 : 1;
  return count;
}

function cgCardNode(cell, index, tags) {
  const { line, header, foot, padding, column, small, narrow } = CG_CARD;
  const writes = cell.writes ? (cgColumns(cell.writes) + 3) * small : 0;
  const widest = Math.max(
    cgColumns(cell.code) * column,
    18 + cgColumns(cell.label) * column + writes + (cell.turn ? 48 : 0),
    ...tags.map((tag) => cgColumns(tag.text) * small),
  );
  return {
    key: `c:${cell.id}`, kind: "cell", cell, index, tags,
    width: Math.max(widest + 2 * padding, narrow),
    height: header + line * ((cell.code ? 1 : 0) + tags.length) + foot,
  };
}

// What decides the layout: where it is the same, nothing has to move.
const cgShape = ({ nodes, links }) =>
  JSON.stringify([nodes.map((n) => [n.key, Math.round(n.width), n.height]), links.map((l) => [l.from, l.to])]);

// Gives each node its centre `x`, `y` and each link its `points`; returns the picture's size. A large
// notebook is laid out in bands of cells, one below the other: the work grows faster than the graph.
function cgLayOut(graph) {
  if (graph.nodes.length <= CG_WHOLE) return cgLayOutBand(graph);
  const size = { width: 0, height: 0 };
  const bands = cgBands(graph).map((band) => ({ band, own: cgLaidBand(band) }));
  size.width = Math.max(...bands.map(({ own }) => own.width));
  for (const { band, own } of bands) {
    cgMove(band, (size.width - own.width) / 2, size.height);
    size.height += own.height;
  }
  for (const link of graph.links) if (!link.points) link.points = cgAcross(link);
  return size;
}

// The graph in parts of CG_BAND cells; links from one part to another are in none.
function cgBands({ nodes, links }) {
  const bands = [];
  const place = new Map();
  for (const node of nodes) {
    const at = Math.floor((node.kind === "cell" ? node.index : node.bundle.source) / CG_BAND);
    while (bands.length <= at) bands.push({ nodes: [], links: [] });
    bands[at].nodes.push(node);
    place.set(node.key, { node, band: at });
  }
  for (const link of links) {
    delete link.points;
    Object.assign(link, { source: place.get(link.from).node, target: place.get(link.to).node });
    if (place.get(link.from).band === place.get(link.to).band) bands[place.get(link.from).band].links.push(link);
  }
  return bands;
}

// A band that stands as it stood before is not laid out again: a run changes one or two of them.
function cgLaidBand({ nodes, links }) {
  const shape = cgShape({ nodes, links });
  let known = CG_LAID.get(shape);
  if (!known) {
    const size = cgLayOutBand({ nodes, links });
    known = { size, places: nodes.map(({ x, y }) => ({ x, y })), lines: links.map((link) => link.points) };
    CG_LAID.set(shape, known);
    if (CG_LAID.size > CG_KEPT) CG_LAID.delete(CG_LAID.keys().next().value);
  }
  nodes.forEach((node, number) => Object.assign(node, known.places[number]));
  links.forEach((link, number) => {
    link.points = known.lines[number];
  });
  return known.size;
}

function cgMove({ nodes, links }, x, y) {
  for (const node of nodes) Object.assign(node, { x: node.x + x, y: node.y + y });
  for (const link of links) link.points = link.points.map((point) => [point[0] + x, point[1] + y]);
}

// A link from one band to another goes straight, below the cards that it meets.
function cgAcross({ source, target }) {
  const down = source.y <= target.y ? 1 : -1;
  const [start, end] = [source.y + (down * source.height) / 2, target.y - (down * target.height) / 2];
  const bend = Math.min(60, Math.abs(end - start) / 3) * down;
  return [[source.x, start], [source.x, start + bend], [target.x, end - bend], [target.x, end]];
}

function cgLayOutBand({ nodes, links }) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  const ranker = nodes.length > CG_QUICK ? "tight-tree" : "network-simplex";
  graph.setGraph({ rankdir: "TB", ranksep: 26, nodesep: 20, edgesep: 8, marginx: 24, marginy: 24, ranker });
  const numbers = new Map(nodes.map((node, number) => [node.key, String(number)]));
  for (const node of nodes) graph.setNode(numbers.get(node.key), { width: node.width, height: node.height });
  links.forEach((link, number) => {
    const ends = [numbers.get(link.from), numbers.get(link.to)];
    if (link.upward) ends.reverse(); // data that flows against the notebook's order is drawn upwards
    graph.setEdge(ends[0], ends[1], { weight: link.unseen ? 0 : link.into ? 4 : 1, minlen: 1 }, String(number));
  });
  dagre.layout(graph);
  for (const node of nodes) {
    const { x, y } = graph.node(numbers.get(node.key));
    Object.assign(node, { x, y });
  }
  const placed = new Map(graph.edges().map((edge) => [Number(edge.name), graph.edge(edge)]));
  links.forEach((link, number) => {
    const points = (placed.get(number).points || []).map((point) => [point.x, point.y]);
    link.points = link.upward ? points.reverse() : points;
  });
  cgFromLeft(nodes, links, graph.graph().width);
  return { width: graph.graph().width || 0, height: graph.graph().height || 0 };
}

// Reading starts at the left: the picture is mirrored where its first cell stands on the right.
function cgFromLeft(nodes, links, width) {
  if (!nodes.length || nodes[0].x <= width / 2) return;
  for (const node of nodes) node.x = width - node.x;
  for (const link of links) link.points = link.points.map(([x, y]) => [width - x, y]);
}

// A smooth line through the points: a uniform cubic B-spline that ends at both ends.
function cgCurve(points) {
  if (points.length < 3) return `M${points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join("L")}`;
  const at = (n) => points[Math.max(0, Math.min(points.length - 1, n))];
  const mix = (a, b, share) => [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
  const say = ([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`;
  let path = `M${say(points[0])}`;
  for (let n = 0; n < points.length - 1; n += 1) {
    const [from, to] = [at(n), at(n + 1)];
    const end = n === points.length - 2 ? to : mix(mix(from, to, 2 / 3), mix(to, at(n + 2), 1 / 3), 0.5);
    path += `C${say(mix(from, to, 1 / 3))} ${say(mix(from, to, 2 / 3))} ${say(end)}`;
  }
  return path;
}
