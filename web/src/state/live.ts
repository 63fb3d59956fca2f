// The answer that is being written. Its text grows outside of the components: each piece would draw the page again.

import { signal } from "@preact/signals";
import type { Grounded } from "../api/shapes";
import type { ToolCall } from "./tools";
import type { Picture } from "./tree";

// What the reader said about a call that waits.
export interface Word {
  id: string;
  approve: boolean;
}

export class Live {
  text = "";
  // Who answers; known once the server has said what it has.
  model = "";
  answer: string | undefined;
  cut = false;
  leftOut = 0;
  readonly calls = signal<ToolCall[]>([]);
  readonly grounded = signal<Grounded | undefined>(undefined);
  readonly picture = signal<Picture | undefined>(undefined);
  readonly controller = new AbortController();
  // Set by the component that draws it.
  grew: () => void = () => {};

  constructor(
    readonly conversation: string,
    // The question that it answers.
    readonly parent: string,
    readonly words: Word[] = [],
  ) {}

  append(piece: string): void {
    this.text += this.text ? piece : piece.trimStart();
    this.grew();
  }
}

// Answers that came while this page is open: their quotes are as the server has them now.
export const justWritten = new Set<string>();

export const live = signal<Live | null>(null);

// An answer that failed: nothing of it is kept but what the reader saw.
export interface Failure {
  conversation: string;
  parent: string;
  message: string;
  code: string;
}

export const failure = signal<Failure | null>(null);
