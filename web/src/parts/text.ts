// Small words from data: names on one line, dates.

import { words } from "../words/words";

// Control characters, and those that reverse the order of letters, are shown as their codes.
export const named = (text: string | null | undefined): string =>
  (text ?? "").replace(
    /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

export function readableDate(value: string | null | undefined): string {
  const date = new Date(value ?? "");
  if (!value || Number.isNaN(date.getTime())) return "";
  return date.toLocaleDateString(words.value.locale, {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  });
}

// The server counts Unicode code points, JavaScript UTF-16 units.
export function sliceByCodePoints(text: string): (start: number, end?: number) => string {
  const points = Array.from(text);
  return (start, end) => points.slice(Math.max(0, start), end).join("");
}

export const percent = (share: number): number => Math.round(share * 100);
