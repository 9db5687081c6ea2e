/** The types of `layers.mjs`. */
export interface Layer {
  readonly may: readonly string[];
  readonly builtins: boolean;
  readonly why: string;
  /** Files of a pure folder that read a clock all the same. */
  readonly machine?: readonly string[];
}
export const layers: Readonly<Record<string, Layer>>;
