// Ratings of answers: sent to the lab, which can export them as preference data.

import { codeOf, request, send } from "../api/client";
import { words } from "../words/words";
import { announce } from "./announcer";
import { update } from "./conversations";
import { current } from "./page";
import { toast } from "./toast";
import { change, type Message, pathTo } from "./tree";
import { wire } from "./wire";

const PLACE = "/v1/glaswerk/feedback";

// Rating an answer the same way again takes the rating back.
export async function rate(message: Message, thumb: "up" | "down"): Promise<void> {
  const id = current.value.id;
  const back = message.thumb === thumb;
  try {
    if (back) await request(`${PLACE}/${encodeURIComponent(message.id)}`, { method: "DELETE" });
    else await send(PLACE, ratingOf(message, thumb));
  } catch (error) {
    if (!(back && codeOf(error) === "feedback_not_found")) {
      toast((error as Error).message);
      return;
    }
  }
  await update(id, (conversation) => change(conversation, message.id, { thumb: back ? undefined : thumb }));
  const said = back ? words.value.takenBack : words.value.thanks;
  announce(said);
  toast(said);
}

const ratingOf = (message: Message, rating: "up" | "down"): object => ({
  id: message.id,
  rating,
  model: message.model ?? "",
  answer_id: message.answer ?? "",
  messages: wire(pathTo(current.value, message.parent)),
  answer: message.content,
});
