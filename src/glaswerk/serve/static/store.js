// Conversations, stored in this browser only.

const KEY = "glaswerk.conversations.v1";
const KEPT = 100;

export class Store {
  // `changed` is called when another tab changes the list.
  constructor(changed) {
    this.conversations = read();
    addEventListener("storage", (event) => {
      if (event.key !== KEY) return;
      this.conversations = read();
      changed();
    });
  }

  get(id) {
    return this.conversations.find((conversation) => conversation.id === id);
  }

  // A conversation enters the list with its first message; the newest comes first.
  put(conversation) {
    const others = this.conversations.filter((other) => other.id !== conversation.id);
    this.conversations = [conversation, ...others].slice(0, KEPT);
    this.write();
  }

  restore(conversation, position) {
    this.conversations.splice(position, 0, conversation);
    this.write();
  }

  // Returns its position, so that the deletion can be undone.
  remove(id) {
    const position = this.conversations.findIndex((conversation) => conversation.id === id);
    if (position >= 0) this.conversations.splice(position, 1);
    this.write();
    return position;
  }

  write() {
    // Private windows and a full storage refuse to write: the conversation then lasts as long as the page.
    for (let kept = this.conversations.length; kept >= 0; kept = Math.floor(kept / 2) || -1) {
      try {
        localStorage.setItem(KEY, JSON.stringify(this.conversations.slice(0, kept)));
        return;
      } catch {
        continue;
      }
    }
  }
}

export function fresh() {
  return { id: `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`, messages: [] };
}

export function title(conversation) {
  const first = conversation.messages.find((message) => message.role === "user");
  const line = (first?.content ?? "New chat").trim().replace(/\s+/g, " ");
  const points = Array.from(line);
  return points.length > 60 ? `${points.slice(0, 59).join("")}…` : line;
}

function read() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter(sound) : [];
  } catch {
    return [];
  }
}

function sound(conversation) {
  return (
    typeof conversation?.id === "string" &&
    Array.isArray(conversation.messages) &&
    conversation.messages.every((m) => typeof m?.content === "string" && typeof m?.role === "string")
  );
}
