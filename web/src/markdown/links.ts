// Links of answers and documents. Only addresses of the web are links, and each shows where it leads.

import { words } from "../words/words";

export function webAddress(url: string): URL | null {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return null;
  }
  return parsed.protocol === "https:" || parsed.protocol === "http:" ? parsed : null;
}

// A link that is still without text; a plain span for any other address, such as a script.
export function linkTo(url: string): HTMLElement {
  const address = webAddress(url);
  if (!address) return document.createElement("span");
  const link = document.createElement("a");
  link.href = address.href;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.title = address.href;
  // Drawn by the style sheet after the text: it is no word of the answer.
  link.dataset.host = address.hostname;
  return link;
}

// An image is never fetched: that would tell its server who reads what. It is a link that says where it is.
export function picture(label: string, url: string): HTMLElement {
  const link = linkTo(url);
  link.classList.add("picture");
  const host = webAddress(url)?.hostname;
  link.textContent = host ? `${label ? `${label}: ` : ""}${words.value.imageElsewhere(host)}` : label;
  delete link.dataset.host;
  return link;
}
