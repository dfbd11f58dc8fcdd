// The picture itself: one <g> a node and one <path> a link, kept from one state to the next so that
// what stays moves and what is new fades in.

let cgScenes = 0;
const CG_TOLD = 20; // lines of source that a resting pointer is told

class CgScene {
  constructor(looks, acts) {
    cgScenes += 1; // several panels can stand on one page, and an id is the page's
    Object.assign(this, { looks, acts, tip: `cgp-tip-${cgScenes}` });
    this.nodes = new Map();
    this.links = new Map();
    this.wires = cgSvg("g", { class: "cgp-wires" });
    this.cards = cgSvg("g", { class: "cgp-cards" });
    this.root = cgSvg("g", { class: "cgp-root" }, this.wires, this.cards);
  }

  // Draws a laid-out graph. What a link or a node looks like is set anew each time; both are cheap.
  draw({ nodes, links }) {
    this.graph = { nodes, links };
    cgKept(this.links, links.filter((link) => !link.unseen), (link) => this.newLink(link));
    cgKept(this.nodes, nodes, (node) => this.newNode(node));
    for (const link of links) if (!link.unseen) this.drawLink(this.links.get(link.key), link);
    for (const node of nodes) this.drawNode(this.nodes.get(node.key), node);
    // Screen readers and the Tab key go through the cells in the notebook's order.
    this.cards.append(...nodes.map((node) => this.nodes.get(node.key)));
  }

  newLink(link) {
    const path = cgSvg("path", { class: "cgp-wire", fill: "none" });
    this.wires.append(path);
    return path;
  }

  drawLink(path, link) {
    path.setAttribute("d", cgCurve(link.points));
    path.setAttribute("class", `cgp-wire${link.stale ? " cgp-doubt" : ""}${link.upward ? " cgp-up" : ""}`);
    path.setAttribute("marker-end", link.into ? "" : `url(#${this.tip}${link.stale ? "-doubt" : ""})`);
  }

  newNode(node) {
    const group = cgSvg("g", { class: "cgp-node", tabindex: node.kind === "label" ? "-1" : "0", role: "button" });
    group.addEventListener("click", (event) => this.acts.pick(group.node, event));
    group.addEventListener("pointerenter", () => this.acts.point(group.node));
    group.addEventListener("pointerleave", () => this.acts.point(null));
    group.addEventListener("focus", () => this.acts.point(group.node));
    group.addEventListener("blur", () => this.acts.point(null));
    this.cards.append(group);
    return group;
  }

  drawNode(group, node) {
    group.node = node;
    group.style.transform = `translate(${node.x.toFixed(1)}px, ${node.y.toFixed(1)}px)`;
    const drawn = JSON.stringify([node.cell || node.bundle, node.tags, node.text]);
    if (group.drawn === drawn) return; // only its place may be new
    group.drawn = drawn;
    cgClear(group);
    const state = node.cell ? `cgp-${node.cell.state}` : "";
    group.setAttribute("class", `cgp-node cgp-is-${node.kind} ${state}${cgDoubtful(node) ? " cgp-doubt" : ""}`);
    group.setAttribute("aria-label", this.said(node));
    group.append(cgSvg("title", {}, this.told(node)), ...(node.kind === "cell" ? this.card(node) : this.pill(node)));
  }

  card(node) {
    const { cell, width, height } = node;
    const [left, top] = [-width / 2, -height / 2];
    const { padding, header, line, column } = CG_CARD;
    const look = this.looks[cell.state];
    const text = (x, y, words, kind, more) => cgSvg("text", { x, y, class: kind, ...more }, words);
    const parts = [
      cgSvg("rect", { x: left, y: top, width, height, rx: 7, class: "cgp-card", "stroke-dasharray": look.dash || null, style: `--hue: ${look.hue}` }),
      cgSvg("path", { d: look.mark, fill: look.hue, "fill-rule": "evenodd", transform: `translate(${left + padding} ${top + 7})` }),
      text(left + padding + 18, top + 17, cell.label, "cgp-strong"),
    ];
    if (cell.writes) {
      parts.push(text(left + padding + 18 + (cgColumns(cell.label) + 1) * column, top + 17, `→ ${cell.writes}`, "cgp-small"));
    }
    if (cell.turn) parts.push(text(-left - padding, top + 17, `run ${cell.turn}`, "cgp-turn", { "text-anchor": "end" }));
    let y = top + header + 11;
    if (cell.code) {
      parts.push(text(left + padding, y, cell.code, "cgp-code"));
      y += line;
    }
    for (const tag of node.tags) {
      parts.push(text(left + padding, y, tag.text, `cgp-tag${tag.stale ? " cgp-doubt" : ""}`));
      y += line;
    }
    return parts;
  }

  pill(node) {
    const { width, height } = node;
    return [
      cgSvg("rect", { x: -width / 2, y: -height / 2, width, height, rx: height / 2, class: "cgp-pill" }),
      cgSvg("text", { x: 0, y: 3.5, "text-anchor": "middle", class: "cgp-label" }, node.text),
    ];
  }

  // What a pointer that rests on a node is told: the source, and what went in and out.
  told(node) {
    if (node.kind !== "cell") return node.bundle.names.join("\n");
    const { cell } = node;
    const lines = (this.acts.source(cell.id) || "").split("\n");
    const more = lines.length > CG_TOLD ? [`… ${lines.length - CG_TOLD} more lines`] : [];
    const names = (word, list) => (list.length ? [`${word} ${list.slice(0, 12).join(", ")}${list.length > 12 ? " …" : ""}`] : []);
    const reasons = cell.findings.map((finding) => `${finding.code} ${finding.message}`);
    return [`${cell.label} ${this.looks[cell.state].word}`, ...reasons, ...names("reads", cell.read), ...names("makes", cell.made), "",
      ...lines.slice(0, CG_TOLD), ...more].join("\n");
  }

  said(node) {
    if (node.kind !== "cell") return `${node.bundle.names.join(", ")}${cgDoubtful(node) ? ", in doubt" : ""}`;
    const { cell } = node;
    const makes = cell.made.length ? `, makes ${cell.made.join(", ")}` : "";
    return `cell ${cell.label}, ${this.looks[cell.state].word}${makes}: ${cell.code}`;
  }

  // Lights what `lit` holds (keys of nodes and links) and dims the rest; null lights all.
  light(lit, picked) {
    for (const [key, group] of this.nodes) {
      group.classList.toggle("cgp-dim", lit !== null && !lit.has(key));
      group.classList.toggle("cgp-picked", key === picked);
    }
    for (const [key, path] of this.links) {
      path.classList.toggle("cgp-dim", lit !== null && !lit.has(key));
      path.classList.toggle("cgp-lit", lit !== null && lit.has(key));
    }
  }

  // All that flows into a node, or out of it, with the node: keys of nodes and links.
  cone(key, forward) {
    const following = new Map();
    for (const link of this.graph.links) {
      if (link.unseen) continue;
      const here = forward ? link.from : link.to;
      following.set(here, [...(following.get(here) || []), link]);
    }
    const found = new Set([key]);
    const waiting = [key];
    while (waiting.length) {
      for (const link of following.get(waiting.pop()) || []) {
        found.add(link.key);
        const next = forward ? link.to : link.from;
        if (!found.has(next)) {
          found.add(next);
          waiting.push(next);
        }
      }
    }
    return found;
  }
}

const cgDoubtful = (node) => (node.cell ? node.cell.state === "stale" : node.bundle.stale.length > 0);

// Keeps `held` (key → element) to what `wanted` asks for.
function cgKept(held, wanted, make) {
  const keys = new Set(wanted.map((one) => one.key));
  for (const [key, element] of held) {
    if (!keys.has(key)) {
      element.remove();
      held.delete(key);
    }
  }
  for (const one of wanted) if (!held.has(one.key)) held.set(one.key, make(one));
}

// The tips of the lines, in the two colours that a line can have.
function cgTips(id) {
  const size = { viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" };
  const tip = (own, kind) => cgSvg("marker", { id: own, ...size }, cgSvg("path", { d: "M0.5 1L7 4L0.5 7z", class: kind }));
  return cgSvg("defs", {}, tip(id, "cgp-tip"), tip(`${id}-doubt`, "cgp-tip cgp-doubt"));
}
