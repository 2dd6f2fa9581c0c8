import { expect, test } from 'vitest';
import { isLoopback, mayCarryTokens } from '../../src/identity/service-url.ts';

test.each([
  ['https://graph.microsoft.com', false, true],
  ['https://127.0.0.1:8443', true, true],
  ['http://127.0.0.1:7071', true, true],
  ['http://localhost', true, true],
  ['http://LOCALHOST:80', true, true],
  ['http://[::1]:9000', true, true],
  ['http://graph.microsoft.com', false, false],
  ['http://127.0.0.1.example.com', false, false],
  ['http://localhost.example.com', false, false],
  ['http://127.0.0.1@example.com', false, false],
  ['ftp://127.0.0.1', true, false],
  ['file:///etc', false, false],
])('%s is loopback: %s, may carry tokens: %s', (text, loopback, safe) => {
  const url = new URL(text);
  expect([isLoopback(url), mayCarryTokens(url)]).toEqual([loopback, safe]);
});
