// The JSON of the server that the page reads.

export interface Trust {
  truth: number | null;
  truth_low: number | null;
  truth_high: number | null;
  truth_measure: string;
  items: number;
  key: string;
  lean: string;
}

export interface Info {
  model: {
    id: string;
    name: string;
    digest: string;
    created: string;
    parameters?: number;
    context?: number;
  };
  corpus: { name: string; documents: number; licences: string[]; sources: { source: string }[] } | null;
  trust: Trust | null;
  trace: boolean;
  ground: { on: boolean; there: boolean };
  feedback?: boolean;
  // Image models, the oldest first.
  images?: string[];
  suggestions: string[];
  version: string;
}

export interface Seen {
  stage: string;
  epochs: number;
  first_step: number;
}

// A document that contains words of an answer. Places are in code points.
export interface Match {
  id: string;
  text: string;
  author: string;
  kind: string;
  source: string;
  licence: string;
  url: string;
  created_at: string;
  match_start: number;
  match_end: number;
  seen: Seen[];
  duplicates: number;
}

export interface Span {
  text: string;
  start: number;
  end: number;
  words: number;
  count: number;
  rarity: number;
  documents: Match[];
}

export interface Novelty {
  share: number;
  n: number;
  words: number;
  measurable: boolean;
  reason?: string;
  expected: number;
  interval: [number, number];
  windows: number;
  window_words: number;
}

export interface Trace {
  id?: string;
  text?: string;
  label: string;
  spans: Span[];
  novelty: Novelty;
}

export interface Quote {
  id: string;
  text: string;
  start: number;
  quote?: string;
  quote_start: number;
  quote_end: number;
  author: string;
  source: string;
  licence: string;
  url: string;
  created_at: string | null;
  copies: number;
}

export interface Claim {
  text: string;
  mark: string;
  quote: number | null;
  reason: string;
}

export interface Grounded {
  verdict: string;
  quotes: Quote[];
  near: Quote[];
  claims: Claim[];
  strict: boolean;
  filters?: Record<string, string> | null;
  count?: { about: string; documents: number; sql: string } | null;
}

export interface SourceDocument {
  id: string;
  text: string;
  author: string;
  kind: string;
  source: string;
  licence: string;
  url: string;
  lang: string;
  created_at: string;
  seen: Seen[];
  duplicates: number;
  added: { source: string; at: string }[];
  derived_from: string[];
  decisions: {
    corpus: string;
    kept: boolean;
    reason: string;
    score: number | null;
    split: string;
    meaning: string;
  }[];
}

export interface Model {
  id: string;
}
