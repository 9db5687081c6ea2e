/** HTTP/2 on the wire: frames (RFC 9113) and header compression (RFC 7541). */
export * from "./frames.ts";
export * from "./hpack.ts";
export { huffmanDecode, huffmanEncode, huffmanLength } from "./huffman.ts";
export { staticTable, type HeaderField } from "./static-table.ts";
