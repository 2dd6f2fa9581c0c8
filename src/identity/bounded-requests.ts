import { Permanent, RetryLater } from './errors.ts';
import { mayCarryTokens } from './service-url.ts';

export interface Bounds {
  /** Whether a request may go there: what no setting names gets nothing from us, whatever an answer says. */
  readonly allows: (url: URL) => boolean;
  /** Milliseconds for one try, from the first byte sent to the last byte read. */
  readonly timeoutMs: number;
  /** Of the body, decompressed. */
  readonly maxResponseBytes: number;
}

/** A request as the SDKs hand it to what sends it, as far as it is looked at here. */
interface Request {
  readonly url: string;
  abortSignal?: unknown;
  onDownloadProgress?: (progress: { loadedBytes: number }) => void;
}

interface HttpClient<R, A> {
  sendRequest(request: R): Promise<A>;
}

/** Only https, or http on this machine, to one of these hosts. */
export function hostsOf(hosts: ReadonlySet<string>): Bounds['allows'] {
  return url => hosts.has(url.host) && mayCarryTokens(url);
}

/**
 * The HTTP client of an SDK, kept from waiting for ever, from reading for ever, and from following a link in an answer
 * to somewhere else. Below the SDK's own retries and redirects, so that every single request is bounded.
 *
 * It throws Permanent for a host that is not allowed; RetryLater, which the SDKs do not try again by themselves, when
 * the answer takes too long or is too large; otherwise what `client` throws.
 */
export function boundedRequests<R extends Request, A>(
  client: HttpClient<R, A>,
  { allows, timeoutMs, maxResponseBytes }: Bounds,
): HttpClient<R, A> {
  return {
    async sendRequest(request) {
      const url = new URL(request.url);
      if (!allows(url))
        throw new Permanent('ForeignHost', `nothing is sent to ${url.host}, which no setting names`);
      const { abortSignal, onDownloadProgress } = request;
      const late = AbortSignal.timeout(timeoutMs);
      const tooLarge = new AbortController();
      const signals = [late, tooLarge.signal, ...(abortSignal instanceof AbortSignal ? [abortSignal] : [])];
      // An answer that is read as a stream goes on after this function has returned, and so do its bounds.
      request.abortSignal = AbortSignal.any(signals);
      request.onDownloadProgress = progress => {
        if (progress.loadedBytes > maxResponseBytes) tooLarge.abort();
        onDownloadProgress?.(progress);
      };
      try {
        return await client.sendRequest(request);
      } catch (error) {
        // Without the cause: it holds the request, and with it the token.
        if (tooLarge.signal.aborted)
          throw new RetryLater(`the answer of ${url.host} is larger than ${maxResponseBytes} bytes`);
        if (late.aborted) throw new RetryLater(`no answer of ${url.host} in ${timeoutMs} ms`);
        throw error;
      } finally {
        // The SDK sends the same request again when it retries.
        request.abortSignal = abortSignal;
        request.onDownloadProgress = onDownloadProgress;
      }
    },
  };
}
