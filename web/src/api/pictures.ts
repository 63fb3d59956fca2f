// Pictures: drawn step by step, their marks, and the training pictures that they are nearest to.

import type { Picture } from "../state/tree";
import { words } from "../words/words";
import { ApiError, isAbort, request, send } from "./client";
import { events } from "./events";

export interface Generation {
  model?: string;
  model_digest?: string;
  seed?: number;
  steps?: number;
}

export interface Marks {
  watermark: boolean;
  credentials: { state: string; generation: Generation };
}

export interface Near {
  document: string;
  text: string;
  author: string;
  licence: string;
  source: string;
  distance: number;
  b64_json: string;
}

export interface Nearest {
  compared: number;
  pictures: number;
  held_out_distance: number | null;
  data: Near[];
}

interface Event {
  type?: string;
  b64_json?: string;
  seed?: number;
  error?: { message: string; code: string };
}

const PREVIEWS = 3;

// Yields previews, whose seed is null, then the picture. Throws ApiError if the stream fails or ends early.
export async function* draw(prompt: string, model: string, signal: AbortSignal): AsyncGenerator<Picture> {
  const body = { prompt, model, stream: true, partial_images: PREVIEWS, output_format: "png" };
  const response = await send("/v1/images/generations", body, signal);
  try {
    for await (const text of events(response.body!)) {
      const event = JSON.parse(text) as Event;
      if (event.error) throw new ApiError(event.error.message, event.error.code);
      const done = event.type?.endsWith(".completed") ?? false;
      yield { data: event.b64_json ?? "", prompt, seed: done ? (event.seed ?? 0) : null };
      if (done) return;
    }
  } catch (error) {
    if (isAbort(error) || error instanceof ApiError) throw error;
    throw new ApiError(words.value.lost, "broken");
  }
  throw new ApiError(words.value.lost, "broken");
}

export const addressOf = (data: string): string => `data:image/png;base64,${data}`;

const posted = async <T>(path: string, picture: Picture, model?: string): Promise<T> => {
  const form = new FormData();
  const bytes = Uint8Array.from(atob(picture.data), (character) => character.charCodeAt(0));
  form.append("image", new Blob([bytes], { type: "image/png" }), "picture.png");
  if (model) form.append("model", model);
  return (await request(path, { method: "POST", body: form })).json() as Promise<T>;
};

export const marksOf = (picture: Picture): Promise<Marks> => posted("/v1/detect", picture);

export const nearestTo = (picture: Picture, model: string): Promise<Nearest> =>
  posted("/v1/glaswerk/images/nearest", picture, model);
