// The model of a panel as the kernel sends it: whole at first, then what has changed of it.

export class Picture {
  constructor() {
    this.forget();
  }

  // The next picture has to be a whole one.
  forget() {
    Object.assign(this, { model: null, number: 0, lost: false });
  }

  // The model after a message; null where it cannot be made. `lost`: a message before this one has not come.
  take({ number, model, changes }) {
    if (model) {
      Object.assign(this, { model, number, lost: false });
      return model;
    }
    if (!this.model) return null; // a whole one was asked for, and is on its way
    this.lost = number !== this.number + 1;
    if (this.lost) return null;
    Object.assign(this, { model: changed(this.model, changes), number });
    return this.model;
  }
}

// A model with its changes, as a new object.
export function changed(model, changes) {
  const made = { ...model };
  for (const [key, change] of Object.entries(changes)) made[key] = changedPart(model[key], change);
  return made;
}

function changedPart(before, { whole, at, length, gone }) {
  if (!at) return whole;
  if (length !== undefined) return Array.from({ length }, (_, place) => (Object.hasOwn(at, place) ? at[place] : before[place]));
  const made = Object.assign(Object.create(null), before, at);
  for (const key of gone) delete made[key];
  return made;
}
