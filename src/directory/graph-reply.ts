/** What Graph answered, to a request of its own or to an item of a batch. */
export interface GraphReply {
  readonly status: number;
  /** The parsed JSON; `undefined` when there is none. */
  readonly body: unknown;
  header(name: string): string | null;
}
