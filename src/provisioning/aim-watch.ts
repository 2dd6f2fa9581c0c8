import { randomUUID } from 'node:crypto';
import { now } from '../identity/clock.ts';
import { describeError, type Logger } from '../identity/logger.ts';
import type { RequestOptions } from '../scim/types.ts';
import type { State } from '../state/state.ts';
import type { TargetState } from '../state/target-state.ts';
import { Limiter } from './limiter.ts';
import type { Write } from './outcome.ts';
import type { Target } from './target.ts';

/** Switching it shows everywhere within ten minutes (Microsoft Learn, "Automatic identity management"). */
const TOGGLE_MS = 10 * 60_000;

type Aim = NonNullable<TargetState['aim']>;

const SEEN_OFF_MS = 60_000;

const NO_CREDENTIAL = 'no credential that works outside the SCIM API is configured';

/**
 * Whether the identities of a target are managed automatically, as far as writes are concerned. Where nobody can ask, a
 * refusal is believed for ten minutes: then one write is tried again.
 */
export function isManaged({ aim }: TargetState, { identities }: Pick<Target, 'identities'>): boolean {
  if (aim?.on !== true) return false;
  return identities !== undefined || now() - aim.checkedAt < TOGGLE_MS;
}

/**
 * Finds out whether Databricks' Automatic Identity Management is on, and keeps it with the target.
 *
 * Believing that it is on stops us from taking people out of groups, so that it takes two probes ten minutes apart, or
 * a refusal that names it and one probe. Until then we write as before: what it refuses is tried again later. Believing
 * that it is off costs such refusals at worst, so that one probe is enough, once the switch shows everywhere.
 */
export class AimWatch {
  readonly #state: State;
  readonly #log: Logger;
  /** By target: several looks run into the same refusal. */
  readonly #asking = new Map<string, Promise<void>>();
  readonly #seenOffAt = new Map<string, number>();
  /** By target. What a cycle asks is no look's: it is paced like the other readers, and remembers a refusal. */
  readonly #readers = new Map<string, Limiter>();

  constructor(state: State, log: Logger) {
    this.#state = state;
    this.#log = log;
  }

  /** To be called now and then. Brings nobody in: see IdentityApi.probe. */
  async check(target: Target): Promise<void> {
    if (target.level === 'workspace') return;
    const { identities } = target;
    if (identities !== undefined) {
      const readers = this.#readers.get(target.id) ?? new Limiter(target.readerRates);
      this.#readers.set(target.id, readers);
      return this.#probe(target, false, { pace: requestClass => readers.take(requestClass, 'bulk') });
    }
    await this.#unknown(target.id, NO_CREDENTIAL);
    const { aim } = await this.#state.targets.read(target.id);
    if (aim?.on === true && now() - aim.checkedAt >= TOGGLE_MS) await this.#tryOne(target.id);
  }

  /** The target refused a write because of it, and we did not know. */
  refused(target: Target, request: RequestOptions): Promise<void> {
    const asking = this.#asking.get(target.id);
    if (asking !== undefined) return asking;
    const answer = this.#refused(target, request).finally(() => this.#asking.delete(target.id));
    this.#asking.set(target.id, answer);
    return answer;
  }

  async #refused(target: Target, request: RequestOptions): Promise<void> {
    const { aim } = await this.#state.targets.read(target.id);
    this.#seenOffAt.delete(target.id);
    if (target.identities === undefined) return this.#believe(target, true, true);
    if (aim?.on === true) return;
    await this.#probe(target, true, request);
  }

  /** Something was written that it would have refused. Only where nobody can ask is that how we hear of its end. */
  async accepted(target: Target, writes: readonly Write[]): Promise<void> {
    if (target.level === 'workspace' || target.identities !== undefined) return;
    if (!writes.some(({ action }) => action.startsWith('create-') || action === 'members')) return;
    // Almost every write ends here: that it was not on a moment ago is good enough.
    if (now() - (this.#seenOffAt.get(target.id) ?? 0) < SEEN_OFF_MS) return;
    const { aim } = await this.#state.targets.read(target.id);
    if (aim?.on === true) await this.#believe(target, false, true);
    else this.#seenOffAt.set(target.id, now());
  }

  /** The account said itself that it is off. */
  switchedOff(target: Target): Promise<void> {
    return this.#believe(target, false, true);
  }

  async #probe(target: Target, confirms: boolean, request: RequestOptions): Promise<void> {
    try {
      const reading = await target.identities?.probe(request);
      if (reading?.aim === 'on' || reading?.aim === 'off')
        await this.#believe(target, reading.aim === 'on', confirms);
      else if (reading !== undefined) await this.#unknown(target.id, reading.reason);
    } catch (error) {
      await this.#unknown(target.id, describeError(error));
    }
  }

  async #believe({ id: target, identities }: Target, on: boolean, confirmed: boolean): Promise<void> {
    let before: Aim | undefined;
    const { aim } = await this.#state.targets.update(target, ({ aimUnknown, ...state }) => {
      before = state.aim;
      const next = nextAim(before, on, confirmed);
      // Whoever was held without a credential, refused before, or left to it until now, is found by a comparison.
      const hasCredentialNow = identities !== undefined && aimUnknown === NO_CREDENTIAL;
      const isDue = next.on !== (before?.on ?? false) || (next.on && hasCredentialNow);
      const auditDue = isDue ? `automatic identity management (${randomUUID()})` : state.auditDue;
      return { ...state, aim: next, auditDue, aimUnknown: identities === undefined ? aimUnknown : undefined };
    });
    if (aim === undefined || aim.on === (before?.on ?? false)) return;
    if (aim.on) this.#log.warn('aim-detected', { target });
    else this.#log.warn('aim-gone', { target });
  }

  /** What was known stays known. Said once for each reason. */
  async #unknown(target: string, reason: string): Promise<void> {
    const { aim, aimUnknown } = await this.#state.targets.read(target);
    if (aimUnknown === reason) return;
    await this.#state.targets.update(target, state => ({ ...state, aimUnknown: reason }));
    const fields = { target, reason, known: aim === undefined ? 'nothing' : aim.on ? 'on' : 'off' };
    if (reason === NO_CREDENTIAL) this.#log.info('aim-unknown', fields);
    else this.#log.warn('aim-unknown', fields);
  }

  /** Has one of those looked at who were not created: his create shows whether it is still on. */
  async #tryOne(target: string): Promise<void> {
    const held = (await this.#state.holds.list(target)).find(
      ({ value }) => value.kind === 'managed-identities',
    );
    if (held === undefined) return;
    const at = now();
    await this.#state.backlog.put(
      {
        target,
        principal: held.value.principal,
        cause: 'failure-retry',
        notBefore: at,
        heardAt: at,
        correlationId: randomUUID(),
      },
      'grant',
    );
  }
}

function nextAim(before: Aim | undefined, on: boolean, confirmed: boolean): Aim {
  const at = now();
  if (before === undefined) return { on, since: at, checkedAt: at };
  if (before.on === on) return { on, since: before.since, checkedAt: at };
  if (confirmed) return { on, since: at, checkedAt: at };
  // While it shows at one door and not yet at the other, a probe may still say what was so before.
  if (!on)
    return at - before.since < TOGGLE_MS ? { ...before, checkedAt: at } : { on, since: at, checkedAt: at };
  const suspectedSince = before.suspectedSince ?? at;
  return at - suspectedSince >= TOGGLE_MS
    ? { on, since: at, checkedAt: at }
    : { ...before, checkedAt: at, suspectedSince };
}
