/** `block_list`: lists of addresses hold no state of a process, so the real classes are used. */
import { createRequire } from "node:module";
import type { BlockList, SocketAddress } from "node:net";

const require = createRequire(import.meta.url);

const AF_INET = 2;
const AF_INET6 = 10;

interface AddressHandle {
  readonly real: SocketAddress;
}

/** The real class, with the members that later versions of Node have added. */
type WideBlockList = BlockList & {
  readonly rules: readonly string[];
  readonly size?: number;
  removeAddress(address: SocketAddress): void;
  removeRange(start: SocketAddress, end: SocketAddress): void;
  removeSubnet(network: SocketAddress, prefix: number): void;
  clear(): void;
};

/** Creates `block_list` for one process. */
export function createBlockListBinding(): object {
  const net = require("node:net") as typeof import("node:net");

  class SocketAddressHandle implements AddressHandle {
    readonly real: SocketAddress;

    constructor(address: string, port: number, family: number, flowlabel: number) {
      const name = family === AF_INET6 ? "ipv6" : "ipv4";
      this.real = new net.SocketAddress({ address, port, family: name, flowlabel });
    }

    detail(into: Record<string, unknown>): object {
      const { address, port, family, flowlabel } = this.real;
      const number = family === "ipv6" ? AF_INET6 : AF_INET;
      return Object.assign(into, { address, port, family: number, flowlabel });
    }

    flowlabel(): number {
      return this.real.flowlabel;
    }
  }

  class BlockListHandle {
    readonly #list = new net.BlockList() as WideBlockList;

    addAddress({ real }: AddressHandle): void {
      this.#list.addAddress(real);
    }

    addAddresses(handles: readonly AddressHandle[]): void {
      for (const { real } of handles) this.#list.addAddress(real);
    }

    addRange(start: AddressHandle, end: AddressHandle): boolean {
      try {
        this.#list.addRange(start.real, end.real);
        return true;
      } catch {
        return false;
      }
    }

    addSubnet({ real }: AddressHandle, prefix: number): void {
      this.#list.addSubnet(real, prefix);
    }

    removeAddress({ real }: AddressHandle): void {
      this.#list.removeAddress(real);
    }

    removeRange(start: AddressHandle, end: AddressHandle): void {
      this.#list.removeRange(start.real, end.real);
    }

    removeSubnet({ real }: AddressHandle, prefix: number): void {
      this.#list.removeSubnet(real, prefix);
    }

    check({ real }: AddressHandle): boolean {
      return this.#list.check(real);
    }

    checkString(address: string, family: number): boolean {
      return this.#list.check(address, family === AF_INET6 ? "ipv6" : "ipv4");
    }

    clear(): void {
      this.#list.clear();
    }

    getRules(): readonly string[] {
      return this.#list.rules;
    }

    getSize(): number {
      return this.#list.size ?? this.#list.rules.length;
    }
  }

  return {
    AF_INET,
    AF_INET6,
    FLOW_LABEL: 0,
    SocketAddress: SocketAddressHandle,
    BlockList: BlockListHandle,
  };
}
