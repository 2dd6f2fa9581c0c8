/** Whether a URL names this machine, in one of the three usual ways. */
export function isLoopback(url: URL): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
}

/** Whether tokens may be sent there: over https, or over http on loopback. They never cross a network in clear text. */
export function mayCarryTokens(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}
