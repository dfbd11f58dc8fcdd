// Pan, zoom and the minimap: which part of the picture the window shows.

const CG_SCALES = { least: 0.04, most: 2.5, fit: 1.15, readable: 0.78 };
const CG_MINIMAP_FROM = 80; // cells

class CgCamera {
  constructor(svg, root) {
    Object.assign(this, { svg, root, x: 0, y: 0, scale: 1, size: { width: 0, height: 0 }, moved: () => {} });
    svg.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    svg.addEventListener("pointerdown", (event) => this.grab(event));
  }

  window() {
    const box = this.svg.getBoundingClientRect();
    return { width: box.width || 600, height: box.height || 400, left: box.left, top: box.top };
  }

  // Shows the whole picture where it can be read so, else the surroundings of a node of it.
  fit(node, smooth = true) {
    const { width, height } = this.window();
    const whole = Math.min(width / this.size.width, height / this.size.height, CG_SCALES.fit) || 1;
    const scale = Math.max(whole, CG_SCALES.readable);
    const place = (room, size, at) => (size * scale <= room ? (room - size * scale) / 2 : Math.min(0, Math.max(room - size * scale, room / 2 - at * scale)));
    const [x, y] = node ? [node.x, node.y] : [0, 0];
    this.go(place(width, this.size.width, x), place(height, this.size.height, y), scale, smooth);
  }

  // The whole picture, however small.
  overview() {
    const { width, height } = this.window();
    const scale = Math.max(Math.min(width / this.size.width, height / this.size.height, CG_SCALES.fit), CG_SCALES.least);
    this.go((width - this.size.width * scale) / 2, (height - this.size.height * scale) / 2, scale, true);
  }

  // Puts a point of the picture in the middle, at a scale at which it can be read.
  centre(x, y) {
    const { width, height } = this.window();
    const scale = Math.max(this.scale, 0.8);
    this.go(width / 2 - x * scale, height / 2 - y * scale, scale, true);
  }

  // Moves as little as needed so that a node is seen, right of what covers the first `left` px.
  reveal(node, left) {
    const { width, height } = this.window();
    const half = [(node.width / 2) * this.scale, (node.height / 2) * this.scale];
    const [x, y] = [node.x * this.scale + this.x, node.y * this.scale + this.y];
    const room = left + 2 * half[0] + 40 < width ? left : 0;
    const into = (at, low, high) => Math.min(Math.max(at, low), Math.max(high, low));
    const dx = into(x, room + half[0] + 20, width - half[0] - 20) - x;
    const dy = into(y, half[1] + 20, height - half[1] - 20) - y;
    if (dx || dy) this.go(this.x + dx, this.y + dy, this.scale, true);
  }

  zoom(factor, at = null) {
    const { width, height } = this.window();
    const [x, y] = at || [width / 2, height / 2];
    const scale = Math.min(Math.max(this.scale * factor, CG_SCALES.least), CG_SCALES.most);
    const share = scale / this.scale;
    this.go(x - (x - this.x) * share, y - (y - this.y) * share, scale, at === null);
  }

  go(x, y, scale, smooth) {
    Object.assign(this, { x, y, scale });
    this.root.classList.toggle("cgp-gliding", smooth);
    this.root.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px) scale(${scale.toFixed(4)})`;
    this.svg.classList.toggle("cgp-far", scale < 0.42);
    this.moved();
  }

  wheel(event) {
    // Without a modifier the wheel scrolls the notebook, as everywhere else on the page.
    if (!(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) && !this.svg.classList.contains("cgp-focused")) return;
    event.preventDefault();
    const box = this.window();
    this.zoom(Math.exp(-(event.deltaY || event.deltaX) * 0.0016), [event.clientX - box.left, event.clientY - box.top]);
  }

  grab(event) {
    if (event.button !== 0 || event.target.closest(".cgp-node")) return;
    const [x, y] = [event.clientX - this.x, event.clientY - this.y];
    const drag = (now) => this.go(now.clientX - x, now.clientY - y, this.scale, false);
    const drop = () => {
      this.svg.removeEventListener("pointermove", drag);
      this.svg.classList.remove("cgp-grabbed");
    };
    this.svg.setPointerCapture(event.pointerId);
    this.svg.classList.add("cgp-grabbed");
    this.svg.addEventListener("pointermove", drag);
    this.svg.addEventListener("pointerup", drop, { once: true });
    this.svg.addEventListener("pointercancel", drop, { once: true });
  }
}

// A small picture of the whole with a frame around what is shown; a click goes there.
class CgMinimap {
  constructor(camera, looks) {
    Object.assign(this, { camera, looks });
    this.frame = cgSvg("rect", { class: "cgp-frame" });
    this.dots = cgSvg("g", {});
    this.element = cgSvg("svg", { class: "cgp-minimap", "aria-hidden": "true" }, this.dots, this.frame);
    this.element.addEventListener("pointerdown", (event) => this.jump(event));
    this.element.addEventListener("pointermove", (event) => event.buttons && this.jump(event));
  }

  draw(nodes) {
    const cells = nodes.filter((node) => node.kind === "cell");
    this.element.classList.toggle("cgp-hidden", cells.length < CG_MINIMAP_FROM);
    if (cells.length < CG_MINIMAP_FROM) return;
    const { width, height } = this.camera.size;
    this.element.setAttribute("viewBox", `0 0 ${width} ${height}`);
    cgClear(this.dots);
    for (const node of cells) {
      const hue = node.cell.state === "good" ? "" : this.looks[node.cell.state].hue;
      const box = { x: node.x - node.width / 2, y: node.y - node.height / 2, width: node.width, height: node.height };
      this.dots.append(cgSvg("rect", { ...box, class: "cgp-dot", style: hue ? `fill: ${hue}` : null }));
    }
    this.follow();
  }

  follow() {
    const { x, y, scale } = this.camera;
    const { width, height } = this.camera.window();
    const frame = { x: -x / scale, y: -y / scale, width: width / scale, height: height / scale };
    for (const [name, value] of Object.entries(frame)) this.frame.setAttribute(name, value.toFixed(1));
  }

  jump(event) {
    event.stopPropagation();
    const matrix = this.element.getScreenCTM();
    if (!matrix) return;
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    const { width, height } = this.camera.window();
    const { scale } = this.camera;
    this.camera.go(width / 2 - point.x * scale, height / 2 - point.y * scale, scale, false);
  }
}
