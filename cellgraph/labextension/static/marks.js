// What stands on cells and below them: badges, and the kernel's messages. None of it is part of the notebook,
// so none is saved.

import { safe } from "./markup.js";

const STATES = ["stale", "unrun", "noted", "failed"];
const GLYPHS = { stale: "▲", unrun: "▲", failed: "✕" };

export class Marks {
  constructor(link) {
    this.link = link;
  }

  // Brings all cells up to date with what the kernel has said, and with the settings.
  draw() {
    const { state, settings, cells } = this.link;
    for (const cell of cells) {
      const id = cell.model.id;
      const told = state.cells[id];
      const wanted = told && (told.state === "noted" ? settings.notes : settings.badges) ? told : null;
      this.mark(cell, wanted);
      this.message(cell, (settings.messages && state.messages[id]) || "");
    }
  }

  // A cell that is marked as it should be is left alone: a change of one costs the front end a new layout.
  mark(cell, wanted) {
    const drawn = wanted ? JSON.stringify(wanted) : "";
    if ((cell.node.cellgraphDrawn || "") === drawn) return;
    cell.node.cellgraphDrawn = drawn;
    for (const one of STATES) cell.node.classList.toggle(`cellgraph-${one}`, wanted !== null && wanted.state === one);
    this.badge(cell, wanted && wanted.reasons.length ? wanted : null);
  }

  badge(cell, told) {
    const there = cell.node.querySelector(":scope > .cellgraph-badge");
    if (!told) {
      if (there) there.remove();
      return;
    }
    const badge = there || document.createElement("button");
    badge.className = "cellgraph-badge";
    badge.textContent = `${GLYPHS[told.state] || "◆"} ${told.word}`;
    badge.title = told.reasons.map((reason) => `${reason.code}  ${reason.message}`).join("\n");
    badge.setAttribute("aria-label", `${told.word}: ${badge.title}. Go to the cause.`);
    badge.onclick = () => this.link.goToCause(cell.model.id);
    if (!there) cell.node.append(badge);
  }

  // What the kernel says below a cell. It holds code and names of the user, and only known markup is taken over.
  message(cell, html) {
    const there = cell.node.querySelector(":scope > .cellgraph-message");
    const shown = html ? `${html}${this.link.settings.notes}` : "";
    if (there && there.cellgraphShown === shown) return;
    if (there) there.remove();
    const content = html ? safe(html) : null;
    if (content && !this.link.settings.notes) for (const note of content.querySelectorAll(".cellgraph-quiet")) note.remove();
    if (!content || !content.textContent.trim()) return;
    const message = document.createElement("div");
    message.className = "cellgraph-message";
    message.cellgraphShown = shown;
    message.setAttribute("role", "status");
    message.append(content);
    const heading = message.querySelector(".cellgraph-warning > div");
    if (heading) heading.append(" ", this.runButton());
    message.onclick = (event) => this.follow(event);
    cell.node.append(message);
  }

  runButton() {
    const button = document.createElement("button");
    button.className = "cellgraph-run-link";
    button.textContent = "run";
    button.title = "Run the cells in doubt again, in order; stop at an error";
    button.onclick = () => this.link.runner.runStale();
    return button;
  }

  follow(event) {
    const link = event.target.closest('a[href^="#cell-id="]');
    if (!link) return;
    event.preventDefault();
    this.link.go(decodeURIComponent(link.getAttribute("href").slice("#cell-id=".length)));
  }

  flash(cell) {
    cell.node.classList.remove("cellgraph-flash");
    requestAnimationFrame(() => cell.node.classList.add("cellgraph-flash"));
  }
}
