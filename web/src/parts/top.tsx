// The bar above the conversation: the model, its trust, the buttons of the page.

import { about, current, dialog, drawer, modelInUse, models, unreachable } from "../state/page";
import { closePanel, openPanel, panelOpen } from "../state/panel";
import { set } from "../state/settings";
import { begin } from "../state/conversations";
import { words } from "../words/words";
import { Badge } from "./badge";
import { Icon, IconButton } from "./icon";

export function Top() {
  const t = words.value;
  return (
    <header class="top">
      <button
        type="button"
        class="icon-button narrow-only"
        id="open-sidebar"
        aria-label={t.conversations}
        aria-expanded={drawer.value}
        aria-controls="sidebar"
        onClick={() => {
          drawer.value = true;
        }}
      >
        <Icon name="menu" />
      </button>
      <ModelName />
      {current.value.temporary && <span class="temporary-tag">{t.temporaryChat}</span>}
      <span class="badge-place" id="badge">
        {about.value && <Badge trust={about.value.trust} />}
      </span>
      <IconButton
        label={t.temporaryChat}
        icon="temporary"
        classes="icon-button wide-only"
        pressed={Boolean(current.value.temporary)}
        onClick={() => begin(!current.value.temporary)}
      />
      <IconButton
        id="open-palette"
        label={t.commands}
        icon="search"
        classes="icon-button wide-only"
        onClick={() => {
          dialog.value = "palette";
        }}
      />
      <button
        type="button"
        class="icon-button"
        id="toggle-sources"
        aria-label={t.sources}
        title={t.sources}
        aria-expanded={panelOpen.value}
        aria-controls="sources"
        onClick={(event) => (panelOpen.value ? closePanel() : openPanel(event.currentTarget))}
      >
        <Icon name="sources" />
      </button>
    </header>
  );
}

// A list to choose from where the server has several models.
function ModelName() {
  const t = words.value;
  const name = about.value ? modelInUse.value : unreachable.value ? t.noConnection : "…";
  if (models.value.length < 2) {
    return (
      <h1 class="model" id="model-name">
        {name}
      </h1>
    );
  }
  return (
    <>
      <h1 class="unseen">{name}</h1>
      <select
        class="model-picker"
        id="model-name"
        aria-label={t.model}
        value={name}
        onChange={(event) => set({ model: event.currentTarget.value })}
      >
        {models.value.map((id) => (
          <option key={id} value={id}>
            {id}
          </option>
        ))}
      </select>
    </>
  );
}
