// What this key's project used, by day and by model.

import { useEffect, useState } from "preact/hooks";
import { get } from "../api/client";
import { dialog } from "../state/page";
import { words } from "../words/words";
import { Modal } from "./modal";

interface Total {
  name: string;
  requests: number;
  prompt: number;
  completion: number;
  spend: number;
}

interface Usage {
  key: string;
  project: string;
  models: string[];
  days: Total[];
  by_model: Total[];
}

export function UsageDialog() {
  const t = words.value;
  const [found, setFound] = useState<Usage | null>(null);
  const [error, setError] = useState("");
  useEffect(() => {
    get<Usage>("/v1/glaswerk/usage").then(setFound, (failed: Error) => setError(failed.message));
  }, []);
  return (
    <Modal
      id="usage"
      title={t.usage}
      close={() => {
        dialog.value = null;
      }}
    >
      {error && <p class="sources-empty">{error}</p>}
      {!found && !error && <p class="sources-empty">{t.loading}</p>}
      {found && <Found found={found} />}
    </Modal>
  );
}

function Found({ found }: { found: Usage }) {
  const t = words.value;
  return (
    <>
      {found.key ? (
        <p>
          {t.usageKey(found.key)} · {t.usageProject}: {found.project} · {t.usageModels}:{" "}
          {found.models.join(", ") || t.usageAll}
        </p>
      ) : (
        <p>{t.usageLocal}</p>
      )}
      {found.days.length ? (
        <>
          <Table head={t.model} rows={found.by_model} />
          <Table head={t.usageDay} rows={[...found.days].reverse().slice(0, 31)} />
        </>
      ) : (
        <p class="sources-empty">{t.usageNone}</p>
      )}
    </>
  );
}

function Table({ head, rows }: { head: string; rows: Total[] }) {
  const t = words.value;
  const priced = rows.some(({ spend }) => spend > 0);
  const shown = (number: number): string => number.toLocaleString(t.locale);
  return (
    <table class="figures">
      <thead>
        <tr>
          <th scope="col">{head}</th>
          <th scope="col">{t.usageAnswers}</th>
          <th scope="col">{t.usageRead}</th>
          <th scope="col">{t.usageWritten}</th>
          {priced && <th scope="col">{t.usageCost}</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name}>
            <th scope="row">{row.name}</th>
            <td>{shown(row.requests)}</td>
            <td>{shown(row.prompt)}</td>
            <td>{shown(row.completion)}</td>
            {priced && <td>{(row.spend / 1e6).toLocaleString(t.locale)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
