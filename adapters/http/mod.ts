/** Devices and operators over HTTP. Reads, submits and writes answers down; decides nothing. */
export { createApp, routes } from "./app.ts";
export { Downloads } from "./images/downloads.ts";
export { Feed } from "./feed.ts";
export { HTTP_LIMITS } from "./limits.ts";
export type { HttpLimits } from "./limits.ts";
export { offloadBy } from "./images/offload.ts";
export { listen } from "./listen.ts";
export type { HttpListener } from "./listen.ts";
export { Polls } from "./polls.ts";
export type { Call, Caller, HttpDeps, Route } from "./route.ts";
export { UploadTimes } from "./images/upload_times.ts";
