// Small settings of this browser. Private windows and a full storage refuse to keep them: then they last as
// long as the page.

const held = new Map<string, string>();

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(name) ?? held.get(name) ?? null;
  } catch {
    return held.get(name) ?? null;
  }
}

export function remember(name: string, value: string): void {
  held.set(name, value);
  try {
    localStorage.setItem(name, value);
  } catch {
    return;
  }
}

export function forget(name: string): void {
  held.delete(name);
  try {
    localStorage.removeItem(name);
  } catch {
    return;
  }
}
