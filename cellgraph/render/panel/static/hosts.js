// Where a panel stands: below a cell as an anywidget, or on a page that holds its data.

import { cgSettled } from "./dom.js";
import { CgPanel } from "./panel.js";

// Scrolls a notebook to a cell: by the front end's extension where there is one, else by the link
// that JupyterLab and Notebook understand.
function cgGoInNotebook(id) {
  const asked = new CustomEvent("cellgraph:go", { detail: { id }, cancelable: true });
  if (!window.dispatchEvent(asked)) return true;
  if (!document.querySelector(".jp-Notebook")) return false;
  window.location.hash = `cell-id=${encodeURIComponent(id)}`;
  return true;
}

// Runs cells where they stand, by the front end's extension; false where there is none that does. No cells: only
// asks.
function cgRunInNotebook(cells) {
  return !window.dispatchEvent(new CustomEvent("cellgraph:run", { detail: { cells }, cancelable: true }));
}

// The live panel: an anywidget whose model holds the picture's model as text.
export function cellgraphWidget({ model, el }) {
  const parsed = () => JSON.parse(model.get("graph"));
  const waiting = new Map(); // kind of a question → what to do with the answer to the last one of that kind
  let asked = 0;
  const ask = (kind, question, take) => {
    asked += 1;
    waiting.set(kind, { asked, take });
    model.send({ ...question, kind, asked });
  };
  const panel = new CgPanel(el, parsed(), {
    frame: (run, show) => ask("frame", { run }, (answer) => show(answer.frame)),
    layers: (question, show) => ask("layers", question, show),
    go: cgGoInNotebook,
    run: cgRunInNotebook,
  });
  const redraw = cgSettled(() => panel.update(parsed()), 10);
  const answered = (message) => {
    const one = waiting.get(message.kind);
    if (!one || one.asked !== message.asked) return;
    waiting.delete(message.kind);
    one.take(message);
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
export function cellgraphPages() {
  for (const data of document.querySelectorAll("script.cellgraph-data")) {
    const place = data.parentElement;
    const model = JSON.parse(data.textContent);
    const frames = model.frames && model.frames.length ? (run, show) => show(model.frames[run - 1]) : null;
    const go = (id) => {
      const anchor = model.anchors && model.anchors[id];
      if (anchor) window.location.hash = anchor;
      return Boolean(anchor);
    };
    const layers = ({ names, run }, show) => show({
      ...model.layers[names ? "names" : "cells"], ...(run === null ? {} : { words: "layers show the end of the run" }),
    });
    for (const plain of place.querySelectorAll(".cellgraph-static")) plain.remove();
    const panel = new CgPanel(place, model, { frame: frames, layers, go });
    place.cellgraph = panel;
    // A link to a cell elsewhere on the page lights it here as well.
    window.addEventListener("hashchange", () => {
      const found = Object.entries(model.anchors || {}).find(([, anchor]) => anchor === window.location.hash);
      if (found) panel.pickCell(found[0]);
    });
  }
}
