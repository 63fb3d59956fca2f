// A link to a web address; nothing for any other address, such as a script.

import { webAddress } from "../markdown/links";
import { Icon } from "./icon";

export function WebLink({ url }: { url: string }) {
  const address = webAddress(url);
  if (!address) return null;
  return (
    <a href={address.href} target="_blank" rel="noopener noreferrer" title={address.href}>
      <span>{address.hostname.replace(/^www\./, "")}</span>
      <Icon name="out" />
    </a>
  );
}
