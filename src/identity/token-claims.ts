/**
 * The Entra object id of whom a token was issued to: its `oid` claim (Microsoft Learn, "Access token claims
 * reference"), lower case. For tokens that we asked for ourselves: nothing is verified. Undefined where there is none.
 */
export function objectIdOf(token: string): string | undefined {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
    const { oid } = JSON.parse(payload) as { oid?: unknown };
    return typeof oid === 'string' ? oid.toLowerCase() : undefined;
  } catch {
    return undefined;
  }
}
