/** The formats in which a trace can be written, by name. */
import { chrome } from "./chrome.ts";
import type { Exporter } from "./exporter.ts";
import { otel } from "./otel.ts";
import { pcapng } from "./pcapng.ts";
import { shiviz } from "./shiviz.ts";

/** The exporters. */
export const exporters: Readonly<Record<string, Exporter>> = { chrome, otel, pcapng, shiviz };
export type { Exporter };
