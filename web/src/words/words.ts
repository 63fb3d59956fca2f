// The dictionary in use: the browser's language, unless the reader chose the other one.

import { computed, signal } from "@preact/signals";
import { recall, remember } from "../state/remembered";
import { de } from "./de";
import { en, type Words } from "./en";

export const LANGUAGES = { en, de };
export type Language = keyof typeof LANGUAGES;

const NAME = "glaswerk.language";

const isLanguage = (name: string | null): name is Language => name !== null && name in LANGUAGES;

function first(): Language {
  const chosen = recall(NAME);
  if (isLanguage(chosen)) return chosen;
  const preferred = navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage);
  return preferred ?? "en";
}

export const language = signal<Language>(first());
export const words = computed<Words>(() => LANGUAGES[language.value]);

export function speak(name: Language): void {
  language.value = name;
  remember(NAME, name);
}
