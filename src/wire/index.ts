/** Pure codecs and dissectors of wire protocols, used by the blocks and the viewer. */
export * from "./dissection.ts";
export * from "./latin1.ts";
export * from "./resp-dissect.ts";
export * from "./resp-encode.ts";
export * from "./resp-inline.ts";
export * from "./resp-replies.ts";
export * from "./resp-requests.ts";
export * from "./resp-values.ts";
