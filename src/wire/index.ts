/** Pure codecs of wire protocols, used by the blocks, the platform and the dissectors. */
export * from "./latin1.ts";
export * from "./resp-encode.ts";
export * from "./resp-inline.ts";
export * from "./resp-replies.ts";
export * from "./resp-requests.ts";
export * from "./resp-values.ts";
