/** The roles of a program, as those of `examples/packages` have them. */
export * from "../../packages/programs/roles.mjs";
