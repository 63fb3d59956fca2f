// How often the model was right where it was examined, with the way to the report.

import { admitToReport } from "../api/client";
import { hasKey } from "../api/key";
import type { Trust } from "../api/shapes";
import { toast } from "../state/toast";
import { words } from "../words/words";
import { Icon } from "./icon";
import { percent } from "./text";

export function Badge({ trust }: { trust: Trust | null }) {
  const t = words.value;
  if (!trust) {
    return (
      <span class="badge badge-none" title={t.runEvaluate}>
        <span>{t.notEvaluated}</span>
      </span>
    );
  }
  const link = { class: "badge", href: "/report", target: "_blank", rel: "noopener", onClick: openReport };
  if (trust.truth === null) {
    return (
      <a {...link} title={t.opensReport}>
        <Icon name="gauge" />
        <span>{t.trustReport}</span>
      </a>
    );
  }
  const statements = trust.truth_measure === "statements";
  const interval =
    trust.truth_low === null ? "" : `${percent(trust.truth_low)}–${percent(trust.truth_high ?? 1)} %`;
  return (
    <a {...link} title={t.badgeTitle(percent(trust.truth), trust.items, statements, trust.key, interval)}>
      <Icon name="gauge" />
      <span class="badge-name">{statements ? t.trueStatements : t.rightAnswers}</span>
      <strong>{percent(trust.truth)} %</strong>
      <span class="badge-interval">{interval}</span>
      <span class="badge-scope">{t.on(trust.key)}</span>
    </a>
  );
}

async function openReport(event: MouseEvent): Promise<void> {
  if (!hasKey()) return;
  event.preventDefault();
  try {
    await admitToReport();
  } catch (error) {
    toast((error as Error).message);
    return;
  }
  window.open("/report", "_blank", "noopener");
}
