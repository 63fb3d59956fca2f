// Helpers that create elements. Text of the model and of documents is only ever set as `textContent`.

export const find = (id) => document.getElementById(id);

export function el(tag, options = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

export function icon(name, classes = "icon") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", classes);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

export function button(label, name, onclick, classes = "icon-button") {
  return el("button", { type: "button", class: classes, "aria-label": label, title: label, onclick }, icon(name));
}

export const count = (number, one, many) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

// A name on one line: control characters, and those that reverse the order of letters, are shown as their codes.
export const named = (text) =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

// The server counts Unicode code points, JavaScript UTF-16 units.
export function sliceByCodePoints(text) {
  const points = Array.from(text);
  return (start, end) => points.slice(Math.max(0, start), end).join("");
}

export function readableDate(value) {
  const date = new Date(value);
  if (!value || Number.isNaN(date.getTime())) return "";
  return date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
}

// A link to a web address; null for any other URL, such as a script.
export function webLink(url) {
  let parsed;
  try {
    parsed = new URL(url);
  } catch {
    return null;
  }
  if (parsed.protocol !== "https:" && parsed.protocol !== "http:") return null;
  return el(
    "a",
    { href: parsed.href, target: "_blank", rel: "noopener noreferrer", title: parsed.href },
    el("span", { text: parsed.hostname.replace(/^www\./, "") }),
    icon("out"),
  );
}
