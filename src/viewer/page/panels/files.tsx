/** What the disks held at the playhead or at the selected event, and what of it was durable. */
import type { VNode } from "preact";
import { filesAt } from "../../model/files.ts";
import { rowAt } from "../../model/rows.ts";
import { showCount, showTime } from "../../model/words.ts";
import type { State } from "../state.ts";
import { Link, Table } from "./table.tsx";

const SHOWN_MAX = 200;

/** The panel. */
export function Files({ state }: { state: State }): VNode {
  const { run, playheadNs, selected } = state;
  const { timeNs, length } = run.trace;
  const id =
    playheadNs.value !== undefined
      ? rowAt(timeNs, playheadNs.value + 1)
      : selected.value > 0
        ? selected.value
        : length;
  const files = filesAt(run, id);
  if (files.length === 0) return <p class="soft">No file was written before this moment.</p>;
  const atNs = id > 0 ? (timeNs[id - 1] as number) : 0;
  return (
    <div>
      <p class="soft">
        At {showTime(atNs)}, after event {showCount(id)}, from the recorded writes and syncs. What
        is not synced may be lost when the power fails.
      </p>
      <Table
        heads={["host", "file", "written to", "not synced", "durable"]}
        rows={files.slice(0, SHOWN_MAX).map((file) => ({
          class: file.removed ? "gone" : "",
          cells: [
            file.host,
            <Link key="" state={state} id={file.event}>
              {file.path}
              {file.removed && " (removed)"}
            </Link>,
            showCount(file.size),
            showCount(file.unsynced),
            durableWords(file),
          ],
        }))}
      />
      {files.length > SHOWN_MAX && <p class="soft">and {files.length - SHOWN_MAX} more</p>}
    </div>
  );
}

function durableWords(file: { unsynced: number; nameUnsynced: boolean; liedTo: boolean }): string {
  const lacks = [
    ...(file.liedTo ? ["a sync lied"] : []),
    ...(file.unsynced > 0 ? ["its last bytes are not"] : []),
    ...(file.nameUnsynced ? ["its name is not"] : []),
  ];
  return lacks.length === 0 ? "✓ all of it" : `✗ ${lacks.join(", ")}`;
}
