/** `lightcone/blocks`: servers that speak real wire protocols and run on the hosts of a world. */
export type { Block } from "./block.ts";
export type { BlockFault, BlockFaults } from "./faults.ts";
export { ntp, ntpClient, type NtpClientOptions, type NtpOptions } from "./ntp/index.ts";
export { redis, type RedisOptions } from "./redis/index.ts";
