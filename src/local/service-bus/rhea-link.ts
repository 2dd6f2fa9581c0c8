import rhea, { type Connection, type Delivery, type Receiver, type Sender, type Typed } from 'rhea';
import type { BrokerError } from './broker-error.ts';

/** What rhea has at run time and its typings leave out. */
interface LinkInternals {
  local: { attach: { snd_settle_mode?: number; rcv_settle_mode?: number } };
  credit: number;
  delivery_count: number;
  issue_flow: boolean;
  _get_drain: () => boolean;
  session: { is_open(): boolean; output(performative: { described(): Typed }): void };
  connection: Connection;
}

interface DeliveryInternals {
  settled: boolean;
  remote_settled: boolean;
  remote_state: unknown;
}

const internals = (link: Sender | Receiver): LinkInternals => link as unknown as LinkInternals;

/** Answers an attach with the same addresses and settle modes, as the service does. */
export function echoAttach(link: Sender | Receiver): void {
  const { attach } = internals(link).local;
  attach.snd_settle_mode = link.snd_settle_mode;
  attach.rcv_settle_mode = link.rcv_settle_mode;
  link.set_source({ address: link.source?.address });
  link.set_target({ address: link.target?.address } as { address: string });
}

export function closeWithError(link: Sender | Receiver, error: BrokerError): void {
  link.close({ condition: error.condition, description: error.message });
}

/**
 * Settles a delivery: accepted, or rejected with an error.
 *
 * rhea's own `update` merges neighbouring deliveries into one frame and gives the second the outcome of the first
 * (`write_dispositions` does not compare the first two), so each one is written on its own here. The client never
 * echoes a settlement: without `remote_settled` rhea would keep the delivery until its buffer is full.
 */
export function settle(delivery: Delivery, error?: BrokerError): void {
  const state = delivery as unknown as DeliveryInternals;
  const link = internals(delivery.link);
  // On a session that has ended, a frame would make the client break the connection off.
  if (link.session.is_open() && !state.remote_settled)
    link.session.output(dispositionFrame(delivery.link.is_receiver(), delivery.id, error));
  state.settled = true;
  state.remote_settled = true;
  wake(link.connection);
}

/** What the client said about a delivery, as rhea decoded it. */
export function remoteState(delivery: Delivery): Record<string, unknown> {
  return ((delivery as unknown as DeliveryInternals).remote_state ?? {}) as Record<string, unknown>;
}

/**
 * How many deliveries the client has asked for on this link since it was opened. Unlike the credit, which rhea
 * lowers only when it writes a frame, this does not change while deliveries wait to be written.
 */
export function deliveryLimit(sender: Sender): number {
  const { delivery_count, credit } = internals(sender);
  return delivery_count + credit;
}

/**
 * Tells the client that its remaining credit is used up. rhea says nothing when there is none left, which happens
 * when the last message and the drain request cross, and leaves the client waiting until it closes the link.
 */
export function answerDrain(sender: Sender): void {
  const link = internals(sender);
  const usual = link._get_drain;
  // Called when the flow frame is written, that is after the deliveries that still wait.
  link._get_drain = () => {
    link._get_drain = usual;
    link.delivery_count += link.credit;
    link.credit = 0;
    return true;
  };
  link.issue_flow = true;
  wake(link.connection);
}

function wake(connection: Connection): void {
  (connection as unknown as { _register(): void })._register();
}

/** AMQP 1.0, part 2.7.6 (disposition), 3.4 (delivery states), 2.8.14 (error). */
function dispositionFrame(isReceiver: boolean, id: number, error?: BrokerError): { described(): Typed } {
  const { types } = rhea;
  const list = (code: number, fields: Typed[]): Typed =>
    types.described_nc(types.wrap_ulong(code), types.wrap_list(fields));
  const outcome = error
    ? list(0x25, [list(0x1d, [types.wrap_symbol(error.condition), types.wrap_string(error.message)])])
    : list(0x24, []);
  const fields = [types.wrap_boolean(isReceiver), types.wrap_uint(id), types.wrap_uint(id)];
  return { described: () => list(0x15, [...fields, types.wrap_boolean(true), outcome]) };
}
