/** The types of `layers.mjs`. */
export interface Layer {
  readonly may: readonly string[];
  readonly builtins: boolean | readonly string[];
  readonly why: string;
}
export const layers: Readonly<Record<string, Layer>>;
