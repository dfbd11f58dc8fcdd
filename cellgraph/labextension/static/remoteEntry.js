// Where JupyterLab and Notebook 7 enter. They load this file as a script and hand it the modules that they
// share; the extension itself is ES modules, which the browser loads as they are. So nothing has to be built.

(() => {
  const here = document.currentScript.src;
  let scope = null;

  // A module of the front end's, from whichever version it has loaded; null where it shares none of that name.
  async function shared(name) {
    const versions = Object.values(scope[name] || {});
    const entry = versions.find((one) => one.loaded) || versions[versions.length - 1];
    return entry ? (await entry.get())() : null;
  }

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB.cellgraph = {
    init: (given) => {
      scope = given;
    },
    get: async () => {
      const { plugin } = await import(new URL("extension.js", here).href);
      const made = { __esModule: true, default: await plugin(shared) };
      return () => made;
    },
  };
})();
