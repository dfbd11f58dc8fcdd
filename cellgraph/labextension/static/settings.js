// The settings of the extension, as the settings page of the front end keeps them.

const DEFAULTS = { badges: true, notes: true, messages: true, reactive: false, autoload: false };

export class Settings {
  // `changed` is called when they are known, and whenever one has changed.
  constructor(registry, id, changed) {
    Object.assign(this, { ...DEFAULTS, kept: null, changed });
    if (!registry) return;
    registry.load(id).then((kept) => {
      this.kept = kept;
      kept.changed.connect(() => this.read());
      this.read();
    }).catch((error) => console.warn("cellgraph: no settings are kept:", error.message));
  }

  read() {
    for (const name of Object.keys(DEFAULTS)) {
      const value = this.kept.get(name).composite;
      if (typeof value === typeof DEFAULTS[name]) this[name] = value;
    }
    this.changed();
  }

  // Sets one of them, for good where the front end keeps settings.
  async set(name, value) {
    this[name] = value;
    this.changed();
    if (this.kept) await this.kept.set(name, value);
  }
}
