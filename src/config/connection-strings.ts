/** The queue that everything is sent to. A connection string for another one would fail at the first message. */
const QUEUE = 'identity-changes';

/** Whether the Service Bus SDK can work with it: a namespace, and a key or a signature for it. */
export function isServiceBusConnection(text: string): boolean {
  const parts = partsOf(text);
  const signed = parts.has('sharedaccesskeyname') && parts.has('sharedaccesskey');
  const queue = parts.get('entitypath') ?? QUEUE;
  return (
    /^sb:\/\/[^/\s]+\/?$/i.test(parts.get('endpoint') ?? '') &&
    (signed || parts.has('sharedaccesssignature')) &&
    queue === QUEUE
  );
}

/** Whether the storage SDKs can find tables and blobs with it: the emulator, an account and its key, or signed addresses. */
export function isStorageConnection(text: string): boolean {
  const parts = partsOf(text);
  if (parts.get('usedevelopmentstorage') === 'true') return true;
  if (parts.has('accountname') && parts.has('accountkey')) return true;
  return parts.has('sharedaccesssignature') && parts.has('tableendpoint') && parts.has('blobendpoint');
}

/** Keys in lower case; parts without a value are left out. */
function partsOf(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(';').map((part): [string, string] => {
    const at = part.indexOf('=');
    return [part.slice(0, Math.max(at, 0)).trim().toLowerCase(), part.slice(at + 1).trim()];
  });
  return new Map(pairs.filter(([key, value]) => key !== '' && value !== ''));
}
