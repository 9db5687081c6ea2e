/** Keeps labels apart: a label is drawn only where no other one is. */

/** The places that are taken. */
export class Room {
  readonly #taken: (readonly [x: number, y: number, width: number, height: number])[] = [];

  /** Takes a place if it is free; returns whether it was. */
  claim(x: number, y: number, width: number, height: number): boolean {
    for (const [left, top, w, h] of this.#taken) {
      if (x < left + w && left < x + width && y < top + h && top < y + height) return false;
    }
    this.#taken.push([x, y, width, height]);
    return true;
  }

  /** Takes the first of several places that is free; returns its index, or -1. */
  claimFirst(
    places: readonly (readonly [x: number, y: number])[],
    width: number,
    height: number,
  ): number {
    return places.findIndex(([x, y]) => this.claim(x, y, width, height));
  }
}
