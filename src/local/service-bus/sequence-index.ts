/**
 * The sequence numbers that exist in an entity, in order: what a peek walks along.
 *
 * Removed numbers leave a gap that is squeezed out when half of the array is gaps, so that adding and removing
 * stay constant on average, and finding a place is a binary search.
 */
export class SequenceIndex {
  #numbers: number[] = [];
  readonly #exists: (sequenceNumber: number) => boolean;
  #gaps = 0;

  /** @param exists tells a number that is still there from a gap. */
  constructor(exists: (sequenceNumber: number) => boolean) {
    this.#exists = exists;
  }

  add(sequenceNumber: number): void {
    const last = this.#numbers.at(-1);
    if (last === undefined || last < sequenceNumber) this.#numbers.push(sequenceNumber);
    // Out of order only in a dead-letter queue, where messages arrive with the number they had.
    else this.#numbers.splice(this.#placeOf(sequenceNumber), 0, sequenceNumber);
  }

  /** To be told after the number has ceased to exist. */
  removed(): void {
    this.#gaps += 1;
    if (this.#gaps > 64 && this.#gaps > this.#numbers.length / 2) {
      this.#numbers = this.#numbers.filter(this.#exists);
      this.#gaps = 0;
    }
  }

  /** The numbers from `sequenceNumber` on, ascending. */
  *from(sequenceNumber: number): Generator<number> {
    for (let place = this.#placeOf(sequenceNumber); place < this.#numbers.length; place++) {
      const found = this.#numbers[place] as number;
      if (this.#exists(found)) yield found;
    }
  }

  #placeOf(sequenceNumber: number): number {
    let low = 0;
    let high = this.#numbers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#numbers[middle] as number) < sequenceNumber) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
