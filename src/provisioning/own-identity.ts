import { now } from '../identity/clock.ts';
import { Permanent } from '../identity/errors.ts';
import { foldName } from '../identity/names.ts';
import { ScimError } from '../scim/errors.ts';
import type { ScimUser } from '../scim/resources.ts';
import type { RequestOptions } from '../scim/types.ts';

/** What tells an account of the target from others. */
export interface AccountMarks {
  readonly scimId?: string | undefined;
  /** userName or application id. */
  readonly name: string;
}

/** A target that does not show us who we are is asked again after this long, in milliseconds. */
const ASK_AGAIN_MS = 3_600_000;

type Send = <T>(work: () => Promise<T>) => Promise<T | undefined>;

/**
 * The account that we sign in to one target with. Whatever is assigned or disabled, we must not lock ourselves out. By
 * its Entra object id it is among the protected ones anyway; here is what only the target, or its credential, says.
 */
export class OwnIdentity {
  readonly #names: ReadonlySet<string>;
  readonly #me: ((request: RequestOptions) => Promise<ScimUser | undefined>) | undefined;
  #found: Promise<AccountMarks | undefined> | undefined;
  #askedAt = 0;

  /**
   * @param options.applicationId of the service principal whose client secret we use
   * @param options.me asks a workspace; accounts have no such question
   */
  constructor(options: {
    applicationId?: string | undefined;
    me?: ((request: RequestOptions) => Promise<ScimUser | undefined>) | undefined;
  }) {
    const { applicationId } = options;
    this.#names = new Set(applicationId === undefined ? [] : [foldName(applicationId)]);
    this.#me = options.me;
  }

  /**
   * Whether that account is ours.
   * @param send sends the question; what it throws is thrown, so that nobody is switched off before we know who we are
   */
  async is(account: AccountMarks, request: RequestOptions, send: Send): Promise<boolean> {
    const name = foldName(account.name);
    if (this.#names.has(name)) return true;
    const found = await this.#ask(request, send);
    if (found === undefined) return false;
    return found.scimId === account.scimId || (name !== '' && found.name === name);
  }

  #ask(request: RequestOptions, send: Send): Promise<AccountMarks | undefined> {
    const me = this.#me;
    if (me === undefined) return Promise.resolve(undefined);
    if (this.#found !== undefined && now() - this.#askedAt < ASK_AGAIN_MS) return this.#found;
    this.#askedAt = now();
    const asked = marksOf(me, request, send);
    this.#found = asked;
    asked.then(
      found => {
        // An id does not change while we run.
        if (found !== undefined) this.#askedAt = Number.POSITIVE_INFINITY;
      },
      () => {
        this.#found = undefined;
      },
    );
    return asked;
  }
}

async function marksOf(
  me: (request: RequestOptions) => Promise<ScimUser | undefined>,
  request: RequestOptions,
  send: Send,
): Promise<AccountMarks | undefined> {
  try {
    const found = await send(() => me(request));
    return found && { scimId: found.id, name: foldName(found.userName ?? '') };
  } catch (error) {
    // A service that does not have that endpoint says so in one way or another.
    const isRefused = error instanceof ScimError && [400, 405, 501].includes(error.status);
    if (isRefused || error instanceof Permanent) return undefined;
    throw error;
  }
}
