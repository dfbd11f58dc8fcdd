// What one notebook and its kernel tell each other. All that is known of cells here comes from the kernel.
// A notebook that is open in several views has a link for each: they share the comm, the first one tells the kernel of
// the notebook, and what the kernel says is for all of them.

import { Marks } from "./marks.js";
import { Picture } from "./picture.js";
import { Runner } from "./runner.js";

const TARGET = "cellgraph";
const QUIET = 400; // milliseconds without a change before the kernel is told how the notebook stands
const SOON = 20; // milliseconds after which a change is told
const SPARSE = 200; // the same while cells are run, one after another
const LONGEST = 200_000; // characters of one cell that are sent: longer texts are no one's edits
const DONE_ONCE = ["run", "open"]; // what the kernel wants done, in one of the views of a notebook
const NOTHING = { kind: "state", heading: "", cells: {}, plan: [], seconds: {}, edges: [], messages: {} };
const LOAD = "try:\n    get_ipython().run_line_magic('load_ext', 'cellgraph')\nexcept ImportError:\n    pass";

// Not a cell that was emptied and then run: the front end clears its output and asks the kernel for nothing.
const holdsCode = (cell) => cell.type === "code" && (typeof cell.executionCount === "number" || cell.sharedModel.getSource().trim() !== "");

export class Link {
  constructor(panel, extension) {
    Object.assign(this, { panel, extension, settings: extension.settings, comm: null, sent: new Map(), order: "" });
    // `changed`: called when what is known of the notebook has changed. `drawn`: called with each picture.
    Object.assign(this, { state: NOTHING, changed: new Set(), drawn: new Set(), answers: new Map(), later: 0, telling: 0 });
    // `tracking`: "unknown" until the kernel has answered, then "yes", "no", or "restarted".
    Object.assign(this, { tracking: "unknown", tracked: false, attached: null, watched: false, pending: new Set(), byHand: false, python: false, loads: false });
    // `unsent`: whether cells or texts have changed since the kernel was told. `heeded`: the cells whose texts are followed.
    Object.assign(this, { unsent: true, heeded: new WeakSet(), picture: new Picture() });
    this.runner = new Runner(this, extension.modules.notebook);
    this.marks = new Marks(this);
    const context = panel.sessionContext;
    context.kernelChanged.connect((_, change) => this.attach(change.newValue));
    context.statusChanged.connect((_, status) => this.status(status));
    panel.content.modelChanged.connect(() => this.follow());
    panel.content.activeCellChanged.connect(() => this.tellChanged());
    panel.disposed.connect(() => {
      clearTimeout(this.later);
      clearTimeout(this.telling);
    });
    panel.revealed.then(() => {
      this.follow();
      if (context.session && context.session.kernel) this.attach(context.session.kernel);
    });
  }

  get views() {
    return this.extension.views(this);
  }

  get kernel() {
    const { session } = this.panel.sessionContext;
    return session ? session.kernel : null;
  }

  // The cells of the notebook, as the front end shows them.
  get cells() {
    return this.panel.content.widgets;
  }

  index(id) {
    return this.cells.findIndex((cell) => cell.model.id === id);
  }

  get active() {
    const cell = this.panel.content.activeCell;
    return cell ? cell.model.id : null;
  }

  // Many changes in a row are told as one: each of them costs the front end a new layout of its toolbars.
  tellChanged() {
    if (this.telling) return;
    this.telling = setTimeout(() => {
      this.telling = 0;
      for (const call of this.changed) call();
    }, this.runner.running ? SPARSE : SOON);
  }

  // The kernel opens the comm when cellgraph is loaded; after a reload of the page it is there already.
  async attach(kernel) {
    this.forget("unknown");
    if (kernel !== this.attached) this.tracked = false; // a restart announces the same kernel once more
    this.attached = kernel;
    if (!kernel) return;
    kernel.registerCommTarget(TARGET, (comm) => this.views.forEach((view) => view.join(comm)));
    try {
      const reply = await kernel.requestCommInfo({ target_name: TARGET });
      const known = reply.content.status === "ok" ? Object.keys(reply.content.comms) : [];
      if (kernel.isDisposed || this.comm) return;
      const other = this.views.find((view) => view.comm && view.kernel === kernel);
      if (other) this.join(other.comm, other.state);
      else if (known.length) this.join(kernel.createComm(TARGET, known[known.length - 1]));
      else this.is(this.tracked ? "restarted" : "no");
      const { language_info: language } = await kernel.info;
      this.python = language.name === "python";
      this.loadByItself();
    } catch {
      // The kernel went away meanwhile. When there is another, it is attached.
    }
  }

  is(tracking) {
    this.tracking = tracking;
    this.tellChanged();
  }

  // Loads cellgraph in the kernel. Nothing is shown, and no cell is counted.
  load() {
    const { kernel } = this;
    if (!kernel || this.comm || this.loads) return;
    this.wanted = !["idle", "busy"].includes(kernel.status); // one that is just starting is asked once it has started
    if (this.wanted) return;
    this.loads = true;
    const request = { code: LOAD, silent: true, store_history: false, allow_stdin: false, stop_on_error: false };
    const future = kernel.requestExecute(request, true, { cellId: TARGET }); // to who names its cells the kernel opens the comm
    const over = () => {
      this.loads = false;
    };
    future.done.then(over, over);
  }

  loadByItself() {
    if (this.settings.autoload && this.python && !this.comm && ["no", "restarted"].includes(this.tracking)) this.load();
  }

  // `state`: what another view of the notebook knows already.
  join(comm, state = null) {
    this.comm = comm;
    this.sent.clear();
    this.order = "";
    this.unsent = true;
    comm.onMsg = (message) => this.deliver(message.content.data);
    comm.onClose = () => this.views.forEach((view) => comm === view.comm && view.forget("no"));
    if (state) this.takeState(state);
    this.tracking = "yes";
    this.tracked = true;
    this.tell(true);
    if (this.watched) this.askForPicture();
    this.tellChanged();
  }

  forget(tracking) {
    this.comm = null;
    this.answers.clear();
    this.pending.clear();
    this.loads = false;
    this.tracking = tracking;
    this.take(NOTHING);
  }

  status(status) {
    if (status === "idle" && this.waiting) this.tell();
    if (status === "restarting" || status === "autorestarting") this.forget(this.tracked ? "restarted" : "no");
    else if (status === "idle" && !this.comm) {
      if (this.wanted) this.load();
      else this.loadByItself();
    }
  }

  // Changes of the notebook reach the kernel once they have settled and the kernel has time.
  follow() {
    const { model } = this.panel.content;
    if (!model || this.followed === model) return;
    this.followed = model;
    model.contentChanged.connect(() => this.dirty());
    model.cells.changed.connect(() => {
      this.heed(model);
      this.dirty();
    });
    this.heed(model);
    this.dirty();
  }

  // The list of cells has changed. Texts are followed one by one: to read them all before each run takes longer than it.
  heed(model) {
    this.unsent = true;
    for (const cell of model.cells) {
      if (this.heeded.has(cell)) continue;
      this.heeded.add(cell);
      cell.sharedModel.changed.connect((_, change) => {
        if (change.sourceChange) this.unsent = true;
      });
      cell.stateChanged.connect((_, change) => {
        if (change.name === "executionCount" && !holdsCode(cell)) this.unsent = true;
      });
    }
  }

  dirty() {
    clearTimeout(this.later);
    this.later = setTimeout(() => {
      this.tell();
      this.marks.draw(); // a cell that was moved or brought back stands in a new element
    }, QUIET);
  }

  // `now`: a cell is about to run, and what it finds has to be judged by the notebook as it stands.
  tell(now = false) {
    const { kernel } = this;
    const { model } = this.panel.content;
    if (!this.comm || !kernel || !model) return;
    const first = this.views.find((view) => view.comm);
    if (first && first !== this) {
      first.tell(now);
      return;
    }
    if (!this.unsent) {
      this.waiting = false;
      return;
    }
    this.waiting = kernel.status === "busy" && !now;
    if (this.waiting) return;
    this.unsent = false;
    const cells = [...model.cells].filter(holdsCode);
    const texts = {};
    for (const cell of cells) {
      const text = cell.sharedModel.getSource();
      if (text.length <= LONGEST && this.sent.get(cell.id) !== text) {
        texts[cell.id] = text;
        this.sent.set(cell.id, text);
      }
    }
    const ids = cells.map((cell) => cell.id);
    const prose = [...model.cells].filter((cell) => !holdsCode(cell)).map((cell) => cell.id);
    const order = `${ids.join(" ")}|${[...prose].sort().join(" ")}`; // where prose stands makes no difference
    if (order === this.order && !Object.keys(texts).length) return;
    this.order = order;
    this.send({ kind: "notebook", cells: ids, texts, prose });
  }

  // What the kernel has to know before the cells that are run after it. Resolves once it has dealt with it, and has
  // answered. The front end would send it to a thread of its own, which the kernel's cells do not wait for.
  async send(data) {
    const { comm, kernel } = this;
    if (!comm || comm.isDisposed || !kernel) return;
    const { createMessage } = this.extension.modules.services.KernelMessage;
    const addressed = { msgType: "comm_msg", channel: "shell", username: kernel.username, session: kernel.clientId };
    const message = createMessage({ ...addressed, content: { comm_id: comm.commId, data } });
    await kernel.sendShellMessage(message, false, true).done.catch(() => {}); // the kernel may go away meanwhile
  }

  // What a panel asks. It may be answered while a cell runs.
  query(data) {
    if (this.comm && !this.comm.isDisposed) this.comm.send(data);
  }

  // Whether a panel shows this notebook. Only then does the kernel draw.
  watch(on) {
    if (this.watched === on) return;
    this.watched = on;
    if (on) this.askForPicture();
    else this.query({ kind: "watch", on });
  }

  // The next picture is whole, those after it say what has changed.
  askForPicture() {
    this.picture.forget();
    this.query({ kind: "watch", on: true });
  }

  // The kernel holds back what it has to say until no more cells are announced. Resolves once it has said how the
  // notebook stands now.
  async expectMore(more) {
    await this.send({ kind: "queue", more });
  }

  // Asks the kernel for an earlier moment or for layers; the last question of a kind is answered.
  question(kind, question, take) {
    this.extension.asked += 1;
    const { asked } = this.extension;
    this.answers.set(kind, { asked, take });
    this.query({ ...question, kind, asked });
  }

  // What the kernel says is for every view of the notebook; what it wants done is done in one of them.
  deliver(data) {
    const { views, extension } = this;
    const acting = views.includes(extension.current) ? extension.current : views[0];
    for (const view of DONE_ONCE.includes(data.kind) && acting ? [acting] : views) view.take(data);
  }

  take(data) {
    const acts = {
      state: () => this.takeState(data),
      run: () => this.runner.run(data.cells), // `%cellgraph rerun`: the cells run where they stand
      open: () => this.extension.side.open(), // `%cellgraph watch`
      picture: () => this.takePicture(data),
    };
    if (Object.hasOwn(acts, data.kind)) acts[data.kind]();
    const waiting = this.answers.get(data.kind);
    if (!waiting || waiting.asked !== data.asked) return;
    this.answers.delete(data.kind);
    waiting.take(data);
  }

  takePicture(data) {
    if (!this.watched) return;
    const model = this.picture.take(data);
    if (model) this.drawn.forEach((call) => call(model));
    else if (this.picture.lost) this.askForPicture();
  }

  takeState(data) {
    this.state = { ...NOTHING, ...data };
    this.marks.draw();
    if (this.comm && !data.saves) this.dropSaved();
    this.tellChanged();
  }

  // The settings have changed.
  settled() {
    this.marks.draw();
    this.loadByItself();
  }

  // Messages that the kernel put out before it knew of this extension: they are drawn here from now on.
  dropSaved() {
    const own = (output) => output.metadata && output.metadata.cellgraph === true;
    for (const cell of this.cells) {
      const outputs = cell.model.type === "code" ? cell.model.outputs : null;
      const all = outputs ? Array.from({ length: outputs.length }, (_, at) => outputs.get(at)) : [];
      if (all.some(own)) outputs.fromJSON(outputs.toJSON().filter((output) => !own(output)));
    }
  }

  // A cell is about to run, before its request is sent.
  scheduled(cell) {
    if (!this.comm) this.loadByItself();
    if (!this.runner.running) this.byHand = true;
    this.pending.add(cell.model.id);
    this.tell(true);
  }

  executed(cell, success) {
    this.pending.delete(cell.model.id);
    if (!success) this.byHand = false;
    this.runner.ended(cell.model.id, success);
    const rest = this.settings.reactive && this.byHand && !this.pending.size && !this.runner.running;
    if (!rest) return;
    this.byHand = false;
    this.runner.runStale();
  }

  // Shows a cell, and makes it the active one.
  async go(id) {
    const { content } = this.panel;
    const at = this.index(id);
    if (at < 0) return false;
    content.deselectAll();
    content.activeCellIndex = at;
    await content.scrollToItem(at, "center").catch(() => {});
    this.marks.flash(content.widgets[at]);
    return true;
  }

  // The cell that put another in doubt, if it is still there.
  cause(id) {
    const told = this.state.cells[id];
    const reason = told && told.reasons.find((one) => one.cause && one.cause !== id && this.index(one.cause) >= 0);
    return reason ? reason.cause : null;
  }

  goToCause(id) {
    return this.go(this.cause(id) || id);
  }

  // The number of cells in doubt: the same that `%cellgraph status` counts.
  get doubted() {
    return Object.values(this.state.cells).filter((told) => told.state === "stale").length;
  }
}
