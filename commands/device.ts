/** `device`: one virtual device. */
import { deviceEndLine, deviceLine, deviceToken, parseDevice } from "../adapters/cli/mod.ts";
import type { Screen } from "../adapters/cli/mod.ts";
import { VirtualDevice } from "../adapters/device/mod.ts";

export async function device(args: string[], screen: Screen): Promise<boolean> {
  const { json, token: given, tokenFile, ...options } = parseDevice(args);
  const fromEnvironment = Deno.env.get("OTALOG_DEVICE_TOKEN");
  const token = await deviceToken({ token: given, tokenFile }, fromEnvironment);
  const show = (event: object, line: string) =>
    screen.write(`${json ? JSON.stringify(event) : line}\n`);
  const device = new VirtualDevice({
    ...options,
    token,
    onEvent: (event) => show(event, deviceLine(event)),
  });
  const end = await device.run();
  show(
    { type: "end", outcome: end.outcome, task_id: end.taskId },
    deviceEndLine(end.taskId, end),
  );
  return end.outcome === "succeeded";
}
