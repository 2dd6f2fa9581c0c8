import { Permanent } from '../identity/errors.ts';

/** A mapping that cannot be used for any object. Found when the configuration is read. */
export class MappingError extends Error {
  override readonly name = 'MappingError';
  /** Index of the rule and name of its property; empty when the list of rules as a whole is wrong. */
  readonly path: readonly (string | number)[];

  constructor(path: readonly (string | number)[], message: string, options: { cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.path = path;
  }
}

export type MappingFailureCode =
  /** The expression has no value for this object. */
  | 'MappingExpressionFailed'
  /** Several values where the target takes one. */
  | 'MappingValueIsList'
  | 'MappingValueTooLong'
  /** The work e-mail differs from userName. */
  | 'MappingEmailDiffers';

/** A mapping that cannot be used for this one object, until the source or the mapping changes. Carries no values. */
export class MappingFailure extends Permanent {
  declare readonly code: MappingFailureCode;
  /** SCIM path of the target attribute. */
  readonly attribute: string;

  constructor(
    code: MappingFailureCode,
    attribute: string,
    message: string,
    options: { cause?: unknown } = {},
  ) {
    super(code, `${attribute}: ${message}`, options);
    this.attribute = attribute;
  }
}
