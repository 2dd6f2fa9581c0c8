import type { Principal } from '../identity/principal.ts';
import { DECIDED, type LogEntry } from './provisioning-log.ts';

/** What of a hold says what was decided about it. */
interface DecidedHold extends Marked {
  readonly kind: string;
  readonly principal: Principal;
  readonly ids: readonly string[];
  readonly approvals?: readonly { readonly by: string; readonly at: number }[] | undefined;
  readonly approvedAt?: number | undefined;
  readonly rejectedAt?: number | undefined;
  readonly rejectedBy?: string | undefined;
}

interface Marked {
  /** Of the facts that the hold is about. */
  readonly fingerprint: string;
}

/** There is a hold, and it is not about the same any longer: whoever decided had something else before him. */
export class HoldChanged extends Error {
  override readonly name = 'HoldChanged';
}

/** Characters of a mark: nobody types it by heart, and nobody finds other facts with the same. */
const MARK_LENGTH = 10;

/** Of the facts that a hold is about: of other ids it is another one. */
export function markOf({ fingerprint }: Marked): string {
  return fingerprint.slice(0, MARK_LENGTH);
}

/** The correlation id of what follows from a decision about a hold. */
export function decisionId(hold: Marked): string {
  return `hold-${markOf(hold)}`;
}

/** Who decided what about a hold, as the log keeps it once the hold is gone. */
export function decisionsAbout(hold: DecidedHold): Omit<LogEntry, 'at' | 'target'>[] {
  const { principal, kind, ids, approvals = [], approvedAt, rejectedAt, rejectedBy } = hold;
  const entry = { principal, cause: 'on-demand', correlationId: decisionId(hold) };
  const what = `${kind}, ids ${ids.length}, by`;
  const entries: Omit<LogEntry, 'at' | 'target'>[] = [];
  const last = approvals.at(-1);
  if (last !== undefined) {
    const people = approvals.map(({ by }) => by).join(', ');
    const detail = `${what} ${people}${approvedAt === undefined ? ', and nobody else' : ''}`;
    entries.push({ ...entry, action: DECIDED.approved, detail, heardAt: last.at });
  }
  if (rejectedAt !== undefined) {
    const detail = `${what} ${rejectedBy ?? 'nobody known'}`;
    entries.push({ ...entry, action: DECIDED.rejected, detail, heardAt: rejectedAt });
  }
  return entries;
}
