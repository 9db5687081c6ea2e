/** A stage that holds nothing back: the base of toxics that change, count or drop bytes. */
import type { Stage, StageContext } from "./toxic.ts";

/** Passes everything on at once; toxics override what they do otherwise. */
export class ImmediateStage implements Stage {
  readonly heldBytes = 0;
  protected readonly context: StageContext;

  constructor(context: StageContext) {
    this.context = context;
  }

  write(bytes: Buffer): void {
    this.context.pass(bytes);
  }

  end(): void {
    this.context.end();
  }

  changed(): void {}

  removed(): void {}
}
