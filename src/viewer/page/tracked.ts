/** Components that follow signals: each is rendered anew when a signal that it has read changes. */
import { effect } from "@preact/signals-core";
import { type ComponentChildren, Fragment, options } from "preact";
import { useEffect, useReducer, useRef } from "preact/hooks";

type Component = (props: object) => ComponentChildren;

const tracked = new Map<Component, Component>();

/** From now on every function component follows the signals that it reads. */
export function followSignals(): void {
  options.vnode = (vnode) => {
    const type = vnode.type as unknown;
    if (typeof type !== "function" || type === Fragment) return;
    const component = type as Component;
    let follows = tracked.get(component);
    if (!follows) tracked.set(component, (follows = following(component)));
    vnode.type = follows as typeof vnode.type;
  };
}

function following(component: Component): Component {
  return (props) => {
    const [, again] = useReducer((count: number) => count + 1, 0);
    const stop = useRef<() => void>(undefined);
    useEffect(() => () => stop.current?.(), []);
    stop.current?.();
    let rendered: ComponentChildren;
    let isFirst = true;
    stop.current = effect(() => {
      // The first time is this rendering, in which signals are read; the second time one of them has changed.
      if (isFirst) rendered = component(props);
      else again(undefined);
      isFirst = false;
    });
    return rendered;
  };
}
