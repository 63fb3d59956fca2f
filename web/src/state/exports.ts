// Takes a conversation out of the page as a file.

import { asJson, asMarkdown, download, fileName } from "../history/exporting";
import { currentOr } from "./conversations";

export async function exportAs(id: string, ending: "md" | "json"): Promise<void> {
  const found = await currentOr(id);
  if (!found) return;
  const [text, type] =
    ending === "md" ? [asMarkdown(found), "text/markdown"] : [asJson(found), "application/json"];
  download(fileName(found, ending), text, type);
}
