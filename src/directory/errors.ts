/** The source refuses us (no token, 401, 403, no enterprise application): nothing may be concluded from it. */
export class SourceUnavailable extends Error {
  override readonly name = 'SourceUnavailable';
  /** What refuses us, stable across releases and whatever was asked for: `403 Authorization_RequestDenied`. */
  readonly code: string;
  constructor(code: string, message: string, options: { cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
  }
}

/** The delta cursor is expired or unknown to Graph: start a new one and compare in full. Never a licence to remove. */
export class CursorLost extends Error {
  override readonly name = 'CursorLost';
}

/** Graph answered 404 for an object whose absence the caller must treat as its own case, not as an empty list. */
export class Absent extends Error {
  override readonly name = 'Absent';
}

/** The body is no change or lifecycle notification. */
export class NotANotification extends Error {
  override readonly name = 'NotANotification';
}
