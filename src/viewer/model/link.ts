/** The state of a view as the hash of an address, so that a link is the exact view. */
import { WHOLE } from "./cone.ts";

/** What a link carries. */
export interface View {
  /** The selected event, and a second one to compare with it; 0 for none. */
  readonly selected: number;
  readonly other: number;
  /** The window in nanoseconds; `undefined` for the whole run. */
  readonly fromNs: number | undefined;
  readonly toNs: number | undefined;
  readonly filter: string;
  readonly cone: "none" | "past" | "future" | "both";
  /** How many hops the cone reaches. */
  readonly depth: number;
  readonly only: boolean;
  readonly axis: "time" | "folded" | "rank";
  readonly down: boolean;
  readonly panel: string;
  readonly playheadNs: number | undefined;
}

/** The view of an empty hash. */
export const plainView: View = {
  selected: 0,
  other: 0,
  fromNs: undefined,
  toNs: undefined,
  filter: "",
  cone: "none",
  depth: WHOLE,
  only: false,
  axis: "time",
  down: false,
  panel: "story",
  playheadNs: undefined,
};

const CONES = ["none", "past", "future", "both"] as const;
const AXES = ["time", "folded", "rank"] as const;

/** Writes a view as a hash, without "#". What is as in {@link plainView} is left out. */
export function writeLink(view: View): string {
  const parts: [string, string][] = [];
  if (view.selected > 0) parts.push(["sel", String(view.selected)]);
  if (view.other > 0) parts.push(["and", String(view.other)]);
  if (view.fromNs !== undefined && view.toNs !== undefined) {
    parts.push(["t", `${Math.round(view.fromNs)},${Math.round(view.toNs)}`]);
  }
  if (view.filter !== "") parts.push(["f", view.filter]);
  if (view.cone !== "none") parts.push(["cone", view.cone]);
  if (view.depth < WHOLE) parts.push(["depth", String(view.depth)]);
  if (view.only) parts.push(["only", "1"]);
  if (view.axis !== "time") parts.push(["axis", view.axis]);
  if (view.down) parts.push(["down", "1"]);
  if (view.panel !== plainView.panel) parts.push(["panel", view.panel]);
  if (view.playheadNs !== undefined) parts.push(["at", String(Math.round(view.playheadNs))]);
  return parts
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("%2C", ",")}`)
    .join("&");
}

/** Reads a hash, with or without "#". What it does not say, or says wrongly, is as in {@link plainView}. */
export function readLink(hash: string): View {
  const read = new Map<string, string>();
  for (const part of hash.replace(/^#/, "").split("&")) {
    const at = part.indexOf("=");
    if (at > 0) read.set(part.slice(0, at), decode(part.slice(at + 1)));
  }
  const whole = (name: string): number | undefined => {
    const text = read.get(name) ?? "";
    return /^\d{1,16}$/.test(text) ? Number(text) : undefined;
  };
  const [from, to] = (read.get("t") ?? "").split(",").map(Number);
  const isWindow =
    Number.isFinite(from) && Number.isFinite(to) && (to as number) > (from as number);
  return {
    selected: whole("sel") ?? 0,
    other: whole("and") ?? 0,
    fromNs: isWindow ? from : undefined,
    toNs: isWindow ? to : undefined,
    filter: read.get("f") ?? "",
    cone: CONES.find((each) => each === read.get("cone")) ?? "none",
    depth: Math.min(whole("depth") ?? WHOLE, WHOLE),
    only: read.get("only") === "1",
    axis: AXES.find((each) => each === read.get("axis")) ?? "time",
    down: read.get("down") === "1",
    panel: read.get("panel") ?? plainView.panel,
    playheadNs: whole("at"),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
