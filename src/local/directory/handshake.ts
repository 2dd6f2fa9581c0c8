import { randomUUID } from 'node:crypto';
import { GraphFailure } from './errors.ts';
import type { GraphFaults } from './faults.ts';
import type { Poster } from './post.ts';

/** Source: "Notification endpoint validation": the answer is due within ten seconds. */
const HANDSHAKE_MS = 10_000;

/**
 * The validation handshake. The token needs decoding (form encoding, with `+` for a space) and holds characters
 * that mean something in HTML. The docs ask for the decoded token and for escaping in one breath, so both the plain
 * and the HTML-escaped token pass; anything else does not.
 */
export async function handshake(
  poster: Poster,
  url: string,
  { handshake: fault }: Pick<GraphFaults, 'handshake'>,
): Promise<void> {
  if (fault === 'timeout') throw timedOut();
  const token = `Validation: Testing client application reachability for subscription Request-Id: ${randomUUID()} <b>&+100%é</b>`;
  const query = new URLSearchParams({ validationToken: token }).toString();
  const target = `${url}${url.includes('?') ? '&' : '?'}${query}`;
  const answer = await poster.post(target, '', 'text/plain; charset=utf-8', HANDSHAKE_MS);
  if (answer.status === 0) throw timedOut();
  const plain = answer.contentType.split(';')[0]?.trim().toLowerCase() === 'text/plain';
  if (answer.status !== 200 || !plain || (answer.body !== token && answer.body !== escapeHtml(token))) {
    throw new GraphFailure(
      400,
      'ValidationError',
      `Subscription validation request failed. HTTP status code is '${answer.status}'. Notification endpoint must respond with 200 OK to validation request.`,
    );
  }
}

/** Guess: the text is one that threads quote; the docs give none. */
function timedOut(): GraphFailure {
  return new GraphFailure(400, 'ValidationError', 'Subscription validation request timed out.');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
