// The scrolled column: it follows a growing answer unless the reader has scrolled up.

let column: HTMLElement | null = null;

export function scrolls(node: HTMLElement | null): void {
  column = node;
}

export const atEnd = (): boolean =>
  column === null || column.scrollHeight - column.scrollTop - column.clientHeight < 80;

export function toEnd(): void {
  if (column) column.scrollTop = column.scrollHeight;
}

// Runs `change` and keeps the end in view.
export function follow(change: () => void): void {
  const stay = atEnd();
  change();
  if (stay) toEnd();
}
