/**
 * The engine in figures, in Prometheus' text format. Hears and reads only; nothing decides on what is
 * counted here.
 */
export { createMetrics } from "./metrics.ts";
export type { Metrics, MetricsSources, Scrape } from "./metrics.ts";
