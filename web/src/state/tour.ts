// The tour is offered once, after the first answer with an underline: a dialog that opens by itself would take the
// focus from who is typing.

import { words } from "../words/words";
import { dialog } from "./page";
import { recall, remember } from "./remembered";
import { toast } from "./toast";

const SEEN = "glaswerk.tour";

export const tourSeen = (): void => remember(SEEN, "seen");

export function offerTour(): void {
  if (recall(SEEN)) return;
  tourSeen();
  toast(words.value.tourOffer, words.value.tourShow, () => {
    dialog.value = "tour";
  });
}
