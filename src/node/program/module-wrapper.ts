/**
 * `Module.wrap` and `Module.wrapper`: the function around the text of a CommonJS file. Node uses them
 * only once a program has replaced one of them, and so do we.
 */

/** The function around files, which programs may replace. */
export interface ModuleWrapper {
  /** True once a program has changed it. */
  readonly isPatched: boolean;
  /** Properties for the class of modules. */
  readonly properties: PropertyDescriptorMap;
  /** Returns the text of a file with the function around it. */
  wrap(text: string): string;
}

type Wrapper = ArrayLike<string>;

/** Creates the wrapper of one process. */
export function moduleWrapper(): ModuleWrapper {
  let isPatched = false;
  const parts = ["(function (exports, require, module, __filename, __dirname) { ", "\n});"];
  let wrapper: Wrapper = new Proxy(parts, {
    set(target, name, value, receiver) {
      isPatched = true;
      return Reflect.set(target, name, value, receiver);
    },
    defineProperty(target, name, descriptor) {
      isPatched = true;
      return Reflect.defineProperty(target, name, descriptor);
    },
  });
  let wrap = (script: string): string => `${wrapper[0]}${script}${wrapper[1]}`;
  return {
    get isPatched() {
      return isPatched;
    },
    wrap: (text) => wrap(text),
    properties: {
      wrap: {
        get: () => wrap,
        set(value: typeof wrap) {
          isPatched = true;
          wrap = value;
        },
      },
      wrapper: {
        get: () => wrapper,
        set(value: Wrapper) {
          isPatched = true;
          wrapper = value;
        },
      },
    },
  };
}
