/**
 * Errors named by what happens next. Handlers decide; the domain neither logs-and-returns nor swallows.
 * Texts carry ids and statuses only: no attribute values, no secrets.
 */

/** The same work may succeed later. `afterMs` is the least wait that the other side asked for. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  readonly afterMs: number | undefined;
  constructor(message: string, options: { afterMs?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.afterMs = options.afterMs;
  }
}

/** Trying again cannot help until a person or the source changes something. `code` is stable across releases. */
export class Permanent extends Error {
  override readonly name = 'Permanent';
  readonly code: string;
  constructor(code: string, message: string, options: { cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
  }
}

/** The target already has a resource of that name: adoption is to be decided. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}

/** The linked resource is no longer in the target. */
export class Gone extends Error {
  override readonly name = 'Gone';
}

/** The whole target refuses us (credentials, permission): it goes into quarantine. */
export class TargetUnavailable extends Error {
  override readonly name = 'TargetUnavailable';
  /** The least wait before it is of any use to look again. */
  readonly afterMs: number | undefined;
  constructor(message: string, options: { afterMs?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.afterMs = options.afterMs;
  }
}

/** Start-up is refused. The message names the setting, what it should hold, and an example. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
