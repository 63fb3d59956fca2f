// Model, system prompt, sampling, where chats are kept, language.

import { useId } from "preact/hooks";
import { changeKeeper } from "../state/keeping";
import { dialog, modelInUse, models } from "../state/page";
import { DEFAULTS, set, settings } from "../state/settings";
import { tools } from "../state/tools";
import { LANGUAGES, type Language, language, speak, words } from "../words/words";
import { Modal } from "./modal";

export function SettingsDialog() {
  const t = words.value;
  const now = settings.value;
  return (
    <Modal
      id="settings"
      title={t.settings}
      close={() => {
        dialog.value = null;
      }}
    >
      <div class="fields">
        <Choice
          label={t.model}
          value={modelInUse.value}
          options={models.value.map((id) => [id, id])}
          choose={(model) => set({ model })}
        />
        <System />
        <NumberField
          label={t.temperature}
          hint={t.temperatureHint}
          value={now.temperature}
          most={2}
          step={0.1}
          change={(temperature) => set({ temperature })}
        />
        <NumberField label={t.topP} value={now.topP} most={1} step={0.05} change={(topP) => set({ topP })} />
        <NumberField
          label={t.maxTokens}
          value={now.maxTokens}
          least={1}
          most={100000}
          step={1}
          change={(maxTokens) => set({ maxTokens })}
        />
        <NumberField
          label={t.seed}
          value={now.seed}
          most={2 ** 31}
          step={1}
          change={(seed) => set({ seed })}
        />
        <p class="hint">{t.sentAs}</p>
        <button
          type="button"
          class="text-button"
          onClick={() => {
            const { model, system, temperature, topP, maxTokens, seed } = DEFAULTS;
            set({ model, system, temperature, topP, maxTokens, seed });
          }}
        >
          {t.reset}
        </button>
        <Tools />
        <Choice
          label={t.keep}
          hint={t.keepHint}
          value={now.keep}
          options={[
            ["browser", t.keepBrowser],
            ["server", t.keepServer],
          ]}
          choose={(keep) => changeKeeper(keep === "server" ? "server" : "browser")}
        />
        <Choice
          label={t.interface}
          value={language.value}
          options={Object.entries(LANGUAGES).map(([name, { language }]) => [name, language])}
          choose={(name) => speak(name as Language)}
        />
      </div>
    </Modal>
  );
}

interface ChoiceProps {
  label: string;
  hint?: string;
  value: string;
  options: [string, string][];
  choose: (value: string) => void;
}

function Choice({ label, hint, value, options, choose }: ChoiceProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => choose(event.currentTarget.value)}>
        {options.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
      {hint && <p class="hint">{hint}</p>}
    </div>
  );
}

function System() {
  const t = words.value;
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{t.system}</label>
      <textarea
        id={id}
        rows={3}
        value={settings.value.system}
        onInput={(event) => set({ system: event.currentTarget.value })}
      />
      <p class="hint">{t.systemHint}</p>
    </div>
  );
}

function Tools() {
  const t = words.value;
  const chosen = settings.value.tools;
  if (!tools.value.length) return null;
  return (
    <fieldset class="field tools">
      <legend>{t.tools}</legend>
      {tools.value.map(({ name, description, asks }) => (
        <label key={name} class="tool">
          <input
            type="checkbox"
            checked={chosen.includes(name)}
            onChange={(event) => {
              const others = chosen.filter((one) => one !== name);
              set({ tools: event.currentTarget.checked ? [...others, name] : others });
            }}
          />
          <span>
            <strong>{name}</strong> {description} {asks && <em>({t.toolAsks})</em>}
          </span>
        </label>
      ))}
      <p class="hint">{t.toolsHint}</p>
    </fieldset>
  );
}

interface NumberFieldProps {
  label: string;
  hint?: string;
  value: number | null;
  least?: number;
  most: number;
  step: number;
  change: (value: number | null) => void;
}

function NumberField({ label, hint, value, least = 0, most, step, change }: NumberFieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="number"
        min={least}
        max={most}
        step={step}
        placeholder={words.value.empty}
        value={value ?? ""}
        onInput={(event) => {
          const typed = event.currentTarget.value;
          const number = Number(typed);
          if (typed === "") change(null);
          else if (Number.isFinite(number)) change(Math.min(most, Math.max(least, number)));
        }}
      />
      {hint && <p class="hint">{hint}</p>}
    </div>
  );
}
