import { ScimCredentialError } from '../scim/errors.ts';

/** Names of error classes and codes of services. What is longer, or holds a digit, may be anything. */
const CODE = /^[A-Za-z_]{1,40}$/;

/** Entra's own codes, such as AADSTS7000222 for a client secret that has expired. */
const ENTRA_CODE = /\bAADSTS\d+/;

/**
 * The failure to sign in, without the thrown error: its text may repeat the answer that it could not read, and its
 * properties hold the request. What is kept is its status, its codes and `advice`.
 */
export function signInFailure(error: unknown, advice: string): ScimCredentialError {
  if (error instanceof ScimCredentialError) return error;
  const { name, code, statusCode, message } = (error ?? {}) as Readonly<Record<string, unknown>>;
  const entra = typeof message === 'string' ? ENTRA_CODE.exec(message)?.[0] : undefined;
  const names = [name, code].filter(text => typeof text === 'string' && CODE.test(text));
  return new ScimCredentialError({
    status: typeof statusCode === 'number' ? statusCode : undefined,
    reason: `(${[...names, ...(entra === undefined ? [] : [entra])].join(' ')}) ${advice}`,
  });
}
