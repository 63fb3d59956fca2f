// The lab's training runs with their loss; read again every few seconds while one goes on.

import { useEffect, useState } from "preact/hooks";
import { get } from "../api/client";
import { dialog } from "../state/page";
import { words } from "../words/words";
import { Modal } from "./modal";

const AGAIN = 3000;
const [WIDTH, HEIGHT] = [400, 100];

interface Run {
  id: string;
  model: string;
  state: string;
  steps: number;
  tokens_per_second: number;
  loss: [number, number][];
}

export function RunsDialog() {
  const t = words.value;
  const [runs, setRuns] = useState<Run[] | null>(null);
  const [error, setError] = useState("");
  useEffect(() => {
    let timer = 0;
    let open = true;
    const look = async (): Promise<void> => {
      try {
        const { data } = await get<{ data: Run[] }>("/v1/glaswerk/runs");
        if (!open) return;
        setRuns(data);
        if (data.some(({ state }) => state === "running")) timer = window.setTimeout(look, AGAIN);
      } catch (failed) {
        setError((failed as Error).message);
      }
    };
    void look();
    return () => {
      open = false;
      window.clearTimeout(timer);
    };
  }, []);
  return (
    <Modal
      id="runs"
      title={t.runs}
      close={() => {
        dialog.value = null;
      }}
    >
      {error && <p class="sources-empty">{error}</p>}
      {!runs && !error && <p class="sources-empty">{t.loading}</p>}
      {runs?.length === 0 && <p class="sources-empty">{t.runsNone}</p>}
      {runs?.map((run) => (
        <Curve key={run.id} run={run} />
      ))}
    </Modal>
  );
}

function Curve({ run }: { run: Run }) {
  const t = words.value;
  const name = run.model || run.id;
  const shown = (value: number): string => value.toLocaleString(t.locale, { maximumFractionDigits: 2 });
  const [first, last] = [run.loss[0]![1], run.loss.at(-1)![1]];
  return (
    <section class="run">
      <h3>
        {name}
        <span class="run-state">
          {t.runsState[run.state]} · {t.runsStep(run.steps)}
        </span>
      </h3>
      <svg
        class="curve"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t.runsCurve(name, shown(first), shown(last))}
      >
        <path d={line(run.loss)} />
      </svg>
      <p class="hint">
        {t.runsLoss}: {shown(first)} → {shown(last)}
      </p>
    </section>
  );
}

function line(points: [number, number][]): string {
  const steps = points.map(([step]) => step);
  const losses = points.map(([, loss]) => loss);
  const [left, right] = [Math.min(...steps), Math.max(...steps)];
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  const x = (step: number): number => ((step - left) / (right - left || 1)) * WIDTH;
  const y = (loss: number): number => HEIGHT - 4 - ((loss - low) / (high - low || 1)) * (HEIGHT - 8);
  return points
    .map(([step, loss], i) => `${i ? "L" : "M"}${x(step).toFixed(1)} ${y(loss).toFixed(1)}`)
    .join(" ");
}
