/** The JavaScript of a Lua expression, with what the compiler knows of it, and the operators by strength. */

/** The JavaScript of an expression, and what is known of it. */
export interface Expression {
  /** Gives exactly one value. */
  readonly code: string;
  /** A call or `...`: may give several values. */
  readonly many: boolean;
  readonly call: boolean;
  readonly assignable: boolean;
  /** A JavaScript boolean, so that a condition needs no test for nil. */
  readonly boolean: boolean;
  /** How Lua's messages name it: `global 'x'`, `field 'y'`. */
  readonly label: string;
  /** Gives a result: one value, or an array. */
  manyCode(): string;
  assign(value: string): string;
}

/** An expression that gives one value and cannot be assigned to. */
export function simple(code: string, boolean: boolean = false, label: string = ""): Expression {
  return {
    code,
    boolean,
    label,
    many: false,
    call: false,
    assignable: false,
    manyCode: () => code,
    assign: () => code,
  };
}

/** Operators by strength; `..` and `^` lean to the right. */
export const binary: Readonly<
  Record<string, readonly [left: number, right: number, name: string]>
> = {
  or: [1, 1, ""],
  and: [2, 2, ""],
  "<": [3, 3, "lt"],
  ">": [3, 3, "lt"],
  "<=": [3, 3, "le"],
  ">=": [3, 3, "le"],
  "~=": [3, 3, "eq"],
  "==": [3, 3, "eq"],
  "..": [5, 4, "concat"],
  "+": [6, 6, "add"],
  "-": [6, 6, "sub"],
  "*": [7, 7, "mul"],
  "/": [7, 7, "div"],
  "%": [7, 7, "mod"],
  "^": [10, 9, "pow"],
};
