import type { IncomingHttpHeaders } from 'node:http';
import type { Answer } from './answer.ts';
import type { Profile } from './profile.ts';
import { noEndpoint } from './refusal.ts';
import type { Caller, Door } from './sign-in.ts';
import type { LimitedClass } from './types.ts';

/** A request as it came, for what does not speak JSON. */
export interface Raw {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** What a request asks for, once it is known that it may ask. */
export interface Action {
  /** Undefined: not limited. */
  readonly requestClass: LimitedClass | undefined;
  /** Detail of the 500 when it fails in a way that nobody foresaw. */
  readonly failure?: string;
  /** Does it, synchronously. @throws Refusal */
  run(body: unknown, caller: Caller, raw: Raw): Answer;
}

/** Where a request goes. */
export interface Route {
  /** How its errors look. */
  readonly profile: Profile;
  /** For the log, rules and gates. */
  readonly path: string;
  /** Undefined where tokens are asked for. Only faults that name a path happen there. */
  readonly door: Door | undefined;
  /** @throws Refusal for what is not served. */
  action(method: string): Action;
}

/** A path that leads nowhere; who may ask at all is looked at first. */
export function unserved(route: Omit<Route, 'action'>): Route {
  return {
    ...route,
    action() {
      throw noEndpoint();
    },
  };
}
