// What the reader set for every next answer, kept in this browser.

import { signal } from "@preact/signals";
import type { Keeper } from "../history/history";
import { recall, remember } from "./remembered";

export interface Settings {
  // "" is the server's default model.
  model: string;
  system: string;
  // Null: as the model itself has it.
  temperature: number | null;
  topP: number | null;
  maxTokens: number | null;
  seed: number | null;
  keep: Keeper;
  // Names of tools that the model may call.
  tools: string[];
  // Null: as the server says.
  ground: boolean | null;
}

const NAME = "glaswerk.settings.v2";
const OLD_GROUND = "glaswerk.ground.v1";

// Low: the trust report measures the likeliest answer, and a small model makes more errors at 0.7.
export const USUAL_TEMPERATURE = 0.2;

export const DEFAULTS: Settings = {
  model: "",
  system: "",
  temperature: USUAL_TEMPERATURE,
  topP: null,
  maxTokens: null,
  seed: null,
  keep: "browser",
  tools: [],
  ground: null,
};

function first(): Settings {
  const old = recall(OLD_GROUND);
  try {
    const found = JSON.parse(recall(NAME) ?? "{}") as Partial<Settings>;
    return { ...DEFAULTS, ...(old !== null && { ground: old === "true" }), ...known(found) };
  } catch {
    return DEFAULTS;
  }
}

// Of a stored object only what has the right type.
function known(found: Partial<Settings>): Partial<Settings> {
  const number = (value: unknown): boolean => value === null || typeof value === "number";
  const fits: Record<keyof Settings, (value: unknown) => boolean> = {
    model: (value) => typeof value === "string",
    system: (value) => typeof value === "string",
    temperature: number,
    topP: number,
    maxTokens: number,
    seed: number,
    keep: (value) => value === "browser" || value === "server",
    tools: (value) => Array.isArray(value) && value.every((name) => typeof name === "string"),
    ground: (value) => value === null || typeof value === "boolean",
  };
  const entries = Object.entries(found ?? {}).filter(([name, value]) =>
    fits[name as keyof Settings]?.(value),
  );
  return Object.fromEntries(entries);
}

export const settings = signal<Settings>(first());

export function set(what: Partial<Settings>): void {
  settings.value = { ...settings.value, ...what };
  remember(NAME, JSON.stringify(settings.value));
}
