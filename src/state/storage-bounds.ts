import { RetryLater } from '../identity/errors.ts';
import { withinTime } from '../identity/within-time.ts';

/** The services themselves give up after 30 s (Microsoft Learn, "Setting timeouts for Table service operations"). */
export const STORAGE_TIMEOUT_MS = 30_000;

/** A page of 1,000 rows, or a group's members: both are a few megabytes at most. */
export const LARGEST_STORED_BYTES = 64 * 1024 * 1024;

/**
 * For the blob client, whose own time limit is only a wish that it tells the service. What `work` has left unread when it
 * ends is hung up on.
 *
 * @throws RetryLater when there is no whole answer in time. Whether a write was made is then not known.
 */
export async function withinStorageTime<T>(
  work: (signal: AbortSignal) => Promise<T>,
  ms = STORAGE_TIMEOUT_MS,
): Promise<T> {
  const ended = new AbortController();
  try {
    return await withinTime(
      ms,
      late => work(AbortSignal.any([late, ended.signal])),
      () => new RetryLater(`no answer of the blob service in ${ms} ms`),
    );
  } finally {
    ended.abort();
  }
}
