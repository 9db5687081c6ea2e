/** What oxlint checks everywhere; the walls between folders come from `layers.mjs`. */
export default {
  plugins: ["typescript", "import", "unicorn", "oxc"],
  categories: { correctness: "error", suspicious: "error" },
  rules: {
    "import/no-cycle": ["error", { ignoreTypes: true }],
    "typescript/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
    "no-var": "error",
    "prefer-const": "error",
    eqeqeq: ["error", "always", { null: "ignore" }],
    "no-underscore-dangle": "off",
    "no-shadow": "off",
    "no-await-in-loop": "off",
    "no-unsafe-optional-chaining": "error",
    // Lists are written in rows, and copied before what they hold is changed.
    "unicorn/no-useless-spread": "off",
    "unicorn/no-instanceof-builtins": "off",
    "unicorn/require-post-message-target-origin": "off",
    "unicorn/no-array-sort": "off",
    "unicorn/no-array-reverse": "off",
    "unicorn/consistent-function-scoping": "off",
    "unicorn/require-module-specifiers": "off",
    "unicorn/prefer-add-event-listener": "off",
    "unicorn/no-new-array": "off",
    "import/no-unassigned-import": "off",
    "import/no-named-as-default": "off",
    "import/no-named-as-default-member": "off",
    "no-extraneous-class": "off",
    "no-extend-native": "off",
    "no-new-func": "off",
    "no-control-regex": "off",
    "typescript/no-extraneous-class": "off",
    "typescript/no-this-alias": "off",
  },
  ignorePatterns: ["dist", "node_modules", "examples/*/node_modules", "bench/peers"],
  overrides: [
    {
      // A program may assign to the global, which is the simulator's too while its code runs.
      files: ["**/src/node/**/*.ts"],
      rules: {
        "no-restricted-globals": [
          "error",
          {
            name: "Buffer",
            message: "import it from node:buffer: a program may replace the global",
          },
        ],
      },
    },
  ],
};
