// The API key, if the server wants one: asked for in a dialog, kept in this tab only and gone with it.

import { find } from "/static/dom.js";

const NAME = "glaswerk.key";
let asking = null;
// Where the browser refuses to store, the key lasts as long as the page.
let held = "";

export const hasKey = () => Boolean(stored());

export const keyHeaders = () => (hasKey() ? { authorization: `Bearer ${stored()}` } : {});

// Resolves to true once the reader has entered a key, to false if not. Requests that need one wait for one dialog.
export function askForKey() {
  asking ??= dialog().finally(() => (asking = null));
  return asking;
}

function dialog() {
  const [box, form, input] = [find("key"), find("key-form"), find("key-input")];
  find("key-reason").textContent = hasKey() ? "The server does not accept this key." : "This server needs an API key.";
  input.value = "";
  return new Promise((resolve) => {
    form.onsubmit = (event) => {
      event.preventDefault();
      if (!input.value.trim()) return;
      store(input.value.trim());
      box.close("entered");
    };
    box.onclose = () => resolve(box.returnValue === "entered");
    box.returnValue = "";
    box.showModal();
  });
}

function stored() {
  try {
    return sessionStorage.getItem(NAME) ?? held;
  } catch {
    return held;
  }
}

function store(key) {
  held = key;
  try {
    sessionStorage.setItem(NAME, key);
  } catch {
    return;
  }
}
