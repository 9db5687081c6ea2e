/** The ES module around a built-in one, whose exports are read when they are needed. */
import { defineProperty, hasOwn, plain } from "../../views/safe.ts";
import { SyntheticModule } from "./record.ts";

/** A module of Node's own, or one that Lightcone adds. */
export class BuiltinModule extends SyntheticModule {
  readonly #exports: Record<string, unknown>;

  constructor(url: string, exports: Record<string, unknown>) {
    const shown = (name: string): boolean =>
      name === "default" || Object.prototype.propertyIsEnumerable.call(exports, name);
    super(
      url,
      {
        all: () => new Set([...Object.keys(exports), "default"]),
        has: shown,
      },
      () => {},
    );
    this.#exports = exports;
  }

  override resolveOwn(name: string): ReturnType<SyntheticModule["resolveOwn"]> {
    const found = super.resolveOwn(name);
    if (found !== undefined && !(name in this.environment)) this.#show(name);
    return found;
  }

  /** Added lazily: some values are created when they are read. */
  #show(name: string): void {
    const exports = this.#exports;
    const { environment } = this;
    // Lightcone's own modules are namespaces.
    if (name === "default") {
      environment["default"] = hasOwn(exports, "default") ? exports["default"] : exports;
      return;
    }
    const descriptor = Object.getOwnPropertyDescriptor(exports, name) as PropertyDescriptor;
    if (descriptor.get === undefined) {
      environment[name] = descriptor.value;
      return;
    }
    const get = (): unknown => {
      const value = exports[name];
      defineProperty(environment, name, plain({ value, writable: true, configurable: true }));
      return value;
    };
    defineProperty(environment, name, plain({ get, configurable: true, enumerable: true }));
  }

  /** Updates the exports with what programs have changed. */
  sync(): void {
    for (const name of Object.keys(this.environment)) {
      if (name === "default") continue;
      const value = this.#exports[name];
      defineProperty(
        this.environment,
        name,
        plain({ value, writable: true, configurable: true, enumerable: true }),
      );
    }
  }
}
