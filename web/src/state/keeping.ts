// Where chats are kept: in this browser or on the server.

import { type Keeper, openHistory } from "../history/history";
import { changedElsewhere } from "./conversations";
import { set } from "./settings";

export function changeKeeper(keep: Keeper): void {
  set({ keep });
  void openHistory(keep, (id) => void changedElsewhere(id));
}
