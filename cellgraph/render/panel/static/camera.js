// Pan and zoom: which part of the picture the window shows.

const CG_SCALES = { least: 0.04, most: 2.5, fit: 1.15 };

export class CgCamera {
  constructor(svg, root) {
    Object.assign(this, { svg, root, x: 0, y: 0, scale: 1, size: { width: 1, height: 1 }, dragged: false });
    svg.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    svg.addEventListener("pointerdown", (event) => this.grab(event));
  }

  window() {
    const box = this.svg.getBoundingClientRect();
    return { width: box.width || 600, height: box.height || 400, left: box.left, top: box.top };
  }

  // The whole picture, however small.
  overview(smooth) {
    const { width, height } = this.window();
    const scale = Math.max(Math.min(width / this.size.width, height / this.size.height, CG_SCALES.fit), CG_SCALES.least);
    this.go((width - this.size.width * scale) / 2, (height - this.size.height * scale) / 2, scale, smooth);
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
  }

  wheel(event) {
    // Without a modifier the wheel scrolls the notebook, as everywhere else on the page.
    if (!(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) && !this.svg.classList.contains("cgp-focused")) return;
    event.preventDefault();
    const box = this.window();
    this.zoom(Math.exp(-(event.deltaY || event.deltaX) * 0.0016), [event.clientX - box.left, event.clientY - box.top]);
  }

  grab(event) {
    if (event.button !== 0 || event.target.closest("[data-cell]")) return;
    const [x, y] = [event.clientX - this.x, event.clientY - this.y];
    this.dragged = false;
    const drag = (now) => {
      this.dragged = this.dragged || Math.hypot(now.clientX - event.clientX, now.clientY - event.clientY) > 3;
      this.go(now.clientX - x, now.clientY - y, this.scale, false);
    };
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
