// The dialog that is open. Rare ones are chunks of their own.

import { lazy } from "./lazy";
import { dialog, renaming } from "../state/page";
import { Help } from "./help";
import { Palette } from "./palette";
import { Rename } from "./rename";
import { SettingsDialog } from "./settings";
import { Tour } from "./tour";

const Usage = lazy(async () => (await import("./usage")).UsageDialog);
const Runs = lazy(async () => (await import("./runs")).RunsDialog);

export function Modals() {
  const name = dialog.value;
  return (
    <>
      {name === "palette" && <Palette />}
      {name === "help" && <Help />}
      {name === "settings" && <SettingsDialog />}
      {name === "tour" && <Tour />}
      {name === "usage" && <Usage />}
      {name === "runs" && <Runs />}
      {renaming.value && <Rename id={renaming.value} />}
    </>
  );
}
