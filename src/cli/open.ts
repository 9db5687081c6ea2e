/** Opens an address in the browser of whoever sits at this terminal. */
import { spawn } from "node:child_process";

/** Whether there is somebody to open a browser for: a terminal, no CI, and on Linux a display. */
export function mayOpen(env: Readonly<Record<string, string | undefined>> = process.env): boolean {
  if (process.stdout.isTTY !== true || env["CI"]) return false;
  const hasDisplay = env["DISPLAY"] !== undefined || env["WAYLAND_DISPLAY"] !== undefined;
  return process.platform === "darwin" || process.platform === "win32" || hasDisplay;
}

/** Opens an address or a file. Does nothing where that is not possible: the address has been printed. */
export function openInBrowser(address: string): void {
  const [command, ...args] =
    process.platform === "darwin"
      ? ["open"]
      : process.platform === "win32"
        ? ["cmd", "/c", "start", '""']
        : ["xdg-open"];
  const child = spawn(command as string, [...args, address], { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
}
