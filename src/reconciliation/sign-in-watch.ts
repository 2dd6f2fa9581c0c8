import type { SignIn, SignInState } from '../databricks/sign-in.ts';
import { now } from '../identity/clock.ts';
import { describeError, type Logger } from '../identity/logger.ts';
import type { Target } from '../provisioning/target.ts';
import type { State } from '../state/state.ts';
import type { SignInNotice } from '../state/target-state.ts';

const DAY_MS = 24 * 3_600_000;

/** Days before a known end at which there is a warning. */
const WARNED_DAYS = [30, 7, 1, 0];

/** Tells the operator of secrets that end soon, that were refused, or that cannot be read, once each. */
export class SignInWatch {
  readonly #state: State;
  readonly #log: Logger;

  constructor(state: State, log: Logger) {
    this.#state = state;
    this.#log = log;
  }

  async check(target: Target): Promise<void> {
    const before = (await this.#state.targets.read(target.id)).signIns ?? {};
    const signIns: Record<string, SignInNotice> = {};
    for (const [use, signIn] of Object.entries(target.signIns ?? {}))
      signIns[use] = this.#report(target.id, await described(signIn), before[use]);
    if (JSON.stringify(signIns) === JSON.stringify(before)) return;
    await this.#state.targets.update(target.id, state => ({ ...state, signIns }));
  }

  #report(target: string, found: SignInState, before: SignInNotice | undefined): SignInNotice {
    const { by, expiresAt } = found;
    for (const problem of found.problems) {
      if (before?.problems.includes(problem)) continue;
      const isRefusal = problem.startsWith('refused: ');
      this.#log.warn(isRefusal ? 'secret-version-refused' : 'secret-problem', { target, by, problem });
    }
    const problems = [...found.problems];
    if (expiresAt === undefined) return { problems };
    const left = (expiresAt - now()) / DAY_MS;
    const warnedDays = WARNED_DAYS.filter(days => left <= days).at(-1);
    // Of another secret nothing was said yet.
    const said = before?.expiresAt === expiresAt ? before.warnedDays : undefined;
    if (warnedDays !== undefined && (said === undefined || warnedDays < said)) {
      const fields = { target, by, expiresAt: new Date(expiresAt).toISOString() };
      if (warnedDays === 0) this.#log.error('secret-expired', fields);
      else this.#log.warn('secret-expires-soon', { ...fields, days: Math.max(Math.ceil(left), 0) });
    }
    return { problems, expiresAt, ...(warnedDays === undefined ? {} : { warnedDays }) };
  }
}

async function described(signIn: SignIn): Promise<SignInState> {
  try {
    return await signIn.describe();
  } catch (error) {
    return { by: 'nobody', expiresAt: undefined, versions: 0, problems: [describeError(error)] };
  }
}
