// One panel: what is shown, what is picked, and how they change. It knows nothing of where it stands;
// `host` tells it how to reach a cell of the notebook and how to ask for an earlier moment.

const CG_MANY = 150; // boxes from which on the layout waits until the states have been painted

class CgPanel {
  constructor(element, model, host = {}) {
    Object.assign(this, { model, live: model, host, kind: model.kind || "cells", picked: null, pointed: null, found: null, at: null, shape: "" });
    this.scene = new CgScene(model.looks, this.acts());
    this.svg = cgSvg("svg", { class: "cgp-picture", role: "group", tabindex: 0, "aria-label": model.heading }, cgTips(this.scene.tip), this.scene.root);
    this.camera = new CgCamera(this.svg, this.scene.root);
    this.minimap = new CgMinimap(this.camera, model.looks);
    this.camera.moved = () => this.minimap.follow();
    this.details = new CgDetails(this.acts());
    this.controls = new CgControls(this.acts());
    this.status = cgHtml("div", { class: "cgp-status", role: "status" });
    this.element = cgHtml("div", { class: "cellgraph-panel jp-mod-accept-dialog-keys", "data-lm-suppress-shortcuts": "true" },
      this.controls.bar,
      cgHtml("div", { class: "cgp-stage" }, this.svg, this.minimap.element, this.details.element, this.status),
      this.controls.slider.element);
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.svg.addEventListener("click", (event) => event.target === this.svg && this.pick(null));
    this.svg.addEventListener("focusin", () => this.svg.classList.add("cgp-focused"));
    this.svg.addEventListener("focusout", () => this.svg.classList.remove("cgp-focused"));
    element.append(this.element);
    this.shown = false;
    this.watcher = new ResizeObserver(() => this.resized());
    this.watcher.observe(this.svg);
    this.draw(true);
  }

  destroy() {
    this.watcher.disconnect();
    this.element.remove();
  }

  acts() {
    return {
      pick: (node) => this.pick(node), point: (node) => this.point(node), go: (id) => this.go(id),
      pickCell: (id) => this.pickCell(id), pickName: (name) => this.pickName(name),
      search: (text) => this.search(text), nextFound: (step) => this.nextFound(step), filter: () => this.filter(),
      toggleKind: () => this.toggleKind(), zoom: (factor) => this.camera.zoom(factor), fit: () => this.camera.overview(),
      source: (id) => this.model.sources[id],
      copyPlan: (button) => this.copyPlan(button), travel: (run) => this.travel(run), help: () => this.say(CG_KEYS.map(([key, what]) => `${key}: ${what}`).join("   ")),
    };
  }

  // A new model: the notebook has moved on. What is picked stays picked where it is still there.
  update(model) {
    this.live = model;
    if (this.at === null) this.model = model;
    this.draw(false);
  }

  // A moment of the past (a frame of `run`), or null for now.
  setFrame(run, frame) {
    this.at = frame === null ? null : run;
    this.model = frame === null ? this.live : { ...this.live, ...frame };
    this.draw(false);
  }

  draw(first) {
    const graph = this.kind === "cells" ? cgCellGraph(this.model) : cgNameGraph(this.model);
    const shape = cgShape(graph);
    this.controls.draw(this.model, this.kind);
    this.controls.slider.draw(this.live, this.at, Boolean(this.host.frame));
    this.svg.setAttribute("aria-label", this.model.heading);
    if (shape === this.shape) {
      this.keepPlaces(graph);
      this.paint(graph);
    } else if (first || graph.nodes.length < CG_MANY) this.arrange(graph, shape, first);
    else {
      this.restate(graph);
      setTimeout(() => this.arrange(graph, shape, false), 0);
    }
  }

  arrange(graph, shape, first) {
    this.shape = shape;
    this.camera.size = cgLayOut(graph);
    this.paint(graph);
    if (first || !this.kept) this.camera.fit(this.foremost(), !first);
    this.kept = true;
  }

  // Where to look first: at the first cell in doubt, else at the top.
  foremost() {
    const cells = this.graph.nodes.filter((node) => node.cell);
    return cells.find((node) => node.cell.state === "stale") || cells[0] || null;
  }

  keepPlaces(graph) {
    const nodes = new Map(this.graph.nodes.map((node) => [node.key, node]));
    const links = new Map(this.graph.links.map((link) => [link.key, link]));
    for (const node of graph.nodes) Object.assign(node, { x: nodes.get(node.key).x, y: nodes.get(node.key).y });
    graph.links.forEach((link, number) => {
      link.points = (links.get(link.key) || this.graph.links[number]).points;
    });
  }

  // The new states on the old places, while the new places are being worked out.
  restate(graph) {
    const old = new Map(this.graph.nodes.map((node) => [node.key, node]));
    for (const node of graph.nodes) {
      const place = old.get(node.key);
      if (place && this.scene.nodes.has(node.key)) this.scene.drawNode(this.scene.nodes.get(node.key), Object.assign(node, { x: place.x, y: place.y }));
    }
  }

  paint(graph) {
    this.graph = graph;
    this.scene.draw(graph);
    this.minimap.draw(graph.nodes);
    if (this.picked && !graph.nodes.some((node) => node.key === this.picked)) this.picked = null;
    this.light();
    this.tell();
  }

  node(key) {
    return this.graph.nodes.find((node) => node.key === key) || null;
  }

  pick(node) {
    this.picked = node && (node.key !== this.picked || node.kind !== "cell") ? node.key : null;
    this.light();
    if (node && node.kind !== "cell") this.pickName(node.bundle.names[0]);
    else this.tell();
    if (node && this.picked) this.camera.reveal(node, this.covered());
  }

  // How much of the picture lies below the details, in px from the left.
  covered() {
    const { element } = this.details;
    return element.classList.contains("cgp-hidden") ? 0 : element.offsetLeft + element.offsetWidth;
  }

  pickCell(id) {
    const node = this.node(`c:${id}`);
    if (!node) return;
    this.picked = node.key;
    this.camera.centre(node.x, node.y);
    this.light();
    this.tell();
    this.camera.reveal(node, this.covered());
  }

  pickName(name) {
    this.details.name(name, this.model);
  }

  point(node) {
    this.pointed = node ? node.key : null;
    this.light();
  }

  tell() {
    const node = this.picked && this.node(this.picked);
    if (node && node.cell) this.details.cell(node.cell, this.model);
    else if (!node) this.details.show(null);
  }

  // Which nodes and lines stand out: those around what is pointed at or picked, else what was found.
  light() {
    const key = this.pointed || this.picked;
    if (key && this.node(key)) {
      const lit = new Set([...this.scene.cone(key, true), ...this.scene.cone(key, false)]);
      this.scene.light(lit, this.picked);
      return;
    }
    this.scene.light(this.chosen(), this.picked);
  }

  chosen() {
    const { hidden } = this.controls;
    if (!hidden.size && !this.found) return null;
    const kept = this.graph.nodes.filter((node) => !node.cell || (!hidden.has(node.cell.state) && (!this.found || this.found.has(node.key))));
    const cells = new Set(kept.filter((node) => node.cell).map((node) => node.key));
    const names = this.found ? kept.filter((node) => !node.cell && this.found.has(node.key)) : [];
    const lit = new Set([...cells, ...names.map((node) => node.key)]);
    for (const link of this.graph.links) {
      if (lit.has(link.from) && lit.has(link.to)) lit.add(link.key);
    }
    return lit;
  }

  filter() {
    this.controls.draw(this.model, this.kind);
    this.light();
  }

  search(text) {
    const wanted = text.trim().toLowerCase();
    const holds = (words) => words.toLowerCase().includes(wanted);
    const matches = (node) => (node.cell
      ? holds(node.cell.label) || node.cell.made.some(holds) || node.cell.read.some(holds) || holds(this.model.sources[node.cell.id] || "")
      : node.bundle.names.some(holds));
    this.hits = wanted ? this.graph.nodes.filter((node) => node.cell && matches(node)) : [];
    this.found = wanted ? new Set(this.graph.nodes.filter(matches).map((node) => node.key)) : null;
    this.hit = -1;
    this.light();
    if (wanted) this.say(cgCounted(this.hits.length, "cell"));
    if (this.hits.length && wanted.length > 1) this.nextFound(1);
  }

  nextFound(step) {
    if (!this.hits || !this.hits.length) return;
    this.hit = (this.hit + step + this.hits.length) % this.hits.length;
    const node = this.node(this.hits[this.hit].key);
    if (node) this.camera.centre(node.x, node.y);
  }

  toggleKind() {
    this.kind = this.kind === "cells" ? "names" : "cells";
    this.picked = null;
    this.kept = false;
    this.draw(false);
  }

  travel(run) {
    if (run === null) this.setFrame(null, null);
    else this.host.frame(run, (frame) => this.setFrame(run, frame));
  }

  go(id) {
    if (!(this.host.go && this.host.go(id))) this.say("this front end cannot scroll to a cell from here");
  }

  async copyPlan(button) {
    const labels = this.model.plan.map((id) => (this.model.cells.find((cell) => cell.id === id) || { label: id }).label);
    const text = labels.join(", ");
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      cgCopyByHand(text, this.element);
    }
    button.textContent = "copied";
    this.say(`run ${text}`);
  }

  say(text) {
    this.status.textContent = text;
    this.status.classList.add("cgp-said");
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.status.classList.remove("cgp-said"), 6000);
  }

  key(event) {
    event.stopPropagation();
    if (event.target.tagName === "INPUT" || event.ctrlKey || event.metaKey || event.altKey) return;
    const node = event.target.closest && event.target.closest(".cgp-node");
    const acts = {
      "/": () => this.controls.search.focus(), f: () => this.camera.overview(), v: () => this.toggleKind(),
      "+": () => this.camera.zoom(1.3), "=": () => this.camera.zoom(1.3), "-": () => this.camera.zoom(1 / 1.3),
      Escape: () => this.pick(null),
      Enter: () => node && this.pick(node.node), " ": () => node && this.pick(node.node),
      g: () => node && node.node.cell && this.go(node.node.cell.id),
      ArrowDown: () => this.step(node, "down"), ArrowUp: () => this.step(node, "up"),
      ArrowRight: () => this.step(node, "right"), ArrowLeft: () => this.step(node, "left"),
    };
    if (!Object.hasOwn(acts, event.key)) return;
    event.preventDefault();
    acts[event.key]();
  }

  // Down and up follow the lines, right and left the notebook's order.
  step(group, direction) {
    const cells = this.graph.nodes.filter((node) => node.kind === "cell");
    const from = group ? group.node : null;
    const next = from === null ? cells[0] : direction === "down" || direction === "up" ? this.along(from, direction) : this.beside(cells, from, direction);
    if (!next) return;
    this.scene.nodes.get(next.key).focus({ preventScroll: true });
    this.camera.centre(next.x, next.y);
  }

  along(from, direction) {
    const [here, there] = direction === "down" ? ["from", "to"] : ["to", "from"];
    const keys = this.graph.links.filter((link) => !link.unseen && link[here] === from.key).map((link) => link[there]);
    const reached = keys.map((key) => this.node(key)).flatMap((node) => (node.kind === "label" ? this.graph.links.filter((link) => !link.unseen && link[here] === node.key).map((link) => this.node(link[there])) : [node]));
    return reached[0];
  }

  beside(cells, from, direction) {
    const at = cells.findIndex((node) => node.key === from.key);
    return cells[at + (direction === "right" ? 1 : -1)];
  }

  resized() {
    const { width } = this.camera.window();
    if (!this.shown && width > 50) {
      this.shown = true;
      this.camera.fit(this.foremost(), false);
    }
    this.minimap.follow();
  }
}

function cgCopyByHand(text, near) {
  const area = cgHtml("textarea", {});
  area.value = text;
  near.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

// Scrolls a notebook to a cell: by the front end's extension where there is one, else by the link
// that JupyterLab and Notebook understand.
function cgGoInNotebook(id) {
  const asked = new CustomEvent("cellgraph:go", { detail: { id }, cancelable: true });
  if (!window.dispatchEvent(asked)) return true;
  if (!document.querySelector(".jp-Notebook")) return false;
  window.location.hash = `cell-id=${encodeURIComponent(id)}`;
  return true;
}

// The live panel: an anywidget whose model holds the picture's model as text.
function cellgraphWidget({ model, el }) {
  const parsed = () => JSON.parse(model.get("graph"));
  const waiting = new Map();
  const frame = (run, show) => {
    waiting.clear(); // only the moment that was asked for last is shown
    waiting.set(run, show);
    model.send({ kind: "frame", run });
  };
  const panel = new CgPanel(el, parsed(), { frame, go: cgGoInNotebook });
  const redraw = cgSettled(() => panel.update(parsed()), 10);
  const answered = (message) => {
    if (message.kind !== "frame" || !waiting.has(message.run)) return;
    waiting.get(message.run)(message.frame);
    waiting.delete(message.run);
  };
  model.on("change:graph", redraw);
  model.on("msg:custom", answered);
  return () => {
    model.off("change:graph", redraw);
    model.off("msg:custom", answered);
    panel.destroy();
  };
}

// A page: each element with data is drawn where it stands.
function cellgraphPages() {
  for (const data of document.querySelectorAll("script.cellgraph-data")) {
    const place = data.parentElement;
    const model = JSON.parse(data.textContent);
    const frames = model.frames && model.frames.length ? (run, show) => show(model.frames[run - 1]) : null;
    const go = (id) => {
      const anchor = model.anchors && model.anchors[id];
      if (anchor) window.location.hash = anchor;
      return Boolean(anchor);
    };
    for (const plain of place.querySelectorAll(".cellgraph-static")) plain.remove();
    const panel = new CgPanel(place, model, { frame: frames, go });
    place.cellgraph = panel;
    // A link to a cell elsewhere on the page lights its node here as well.
    window.addEventListener("hashchange", () => {
      const found = Object.entries(model.anchors || {}).find(([, anchor]) => anchor === window.location.hash);
      if (found) panel.pickCell(found[0]);
    });
  }
}
