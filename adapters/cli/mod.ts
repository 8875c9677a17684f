/** The command line: what it takes and what it shows. What is done is composed elsewhere. */
export { HelpWanted, UsageError } from "./args.ts";
export type { HostPort } from "./args.ts";
export * from "./commands.ts";
export { deviceToken, parseDevice } from "./device_command.ts";
export type { DeviceCommand } from "./device_command.ts";
export { checkDemo, runDemo } from "./demo.ts";
export type { DemoHouse, MakeDevice } from "./demo.ts";
export { deviceEndLine, deviceLine } from "./device_view.ts";
export { runOta } from "./ota/mod.ts";
export type { OtaEnvironment } from "./ota/mod.ts";
export { runReplay } from "./replay.ts";
export type { ReplaySource } from "./replay.ts";
export { FleetView } from "./fleet_view.ts";
export type { DeviceEvent } from "./fleet_view.ts";
export { isAsItMust, summary } from "./fleet_summary.ts";
export type { DeviceEnd, FleetEnd } from "./fleet_summary.ts";
export { bar, bytesText, complain, Lines, paint, stdoutScreen, table } from "./terminal.ts";
export type { Screen } from "./terminal.ts";
