// What the modules ask of a browser when they are loaded.

globalThis.localStorage ??= {
  getItem: () => null,
  setItem: () => {},
  removeItem: () => {},
  clear: () => {},
  key: () => null,
  length: 0,
};
Object.defineProperty(globalThis, "navigator", { value: { languages: ["en"] }, configurable: true });
