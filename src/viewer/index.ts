/** The viewer, for those who write its page. */
export { type PageAssets, type PageNeighbour, type PageOptions, writePage } from "./write-page.ts";
export type { PageFacts } from "./page-facts.ts";
