import type { TokenCredential } from '@azure/identity';
import { RetryMode, ServiceBusClient, type ServiceBusClientOptions } from '@azure/service-bus';

/** Short enough that a broker that came back is noticed in about a second. Guess: the host's own grows to a minute. */
const OPTIONS: ServiceBusClientOptions = {
  retryOptions: {
    mode: RetryMode.Exponential,
    retryDelayInMs: 200,
    maxRetryDelayInMs: 1_000,
    // What was under way when the connection broke is given up in real time, whatever the clock of a test does.
    timeoutInMs: 2_000,
  },
};

/**
 * Opens the connection that a binding names: the app setting `<name>` (or `AzureWebJobs<name>`) with a connection
 * string, or `<name>__fullyQualifiedNamespace` with an identity (`__credential`, `__clientId`).
 *
 * @throws when neither is set.
 */
export async function openServiceBus(name: string, settings: NodeJS.ProcessEnv): Promise<ServiceBusClient> {
  const connectionString = settings[name] || settings[`AzureWebJobs${name}`];
  if (connectionString) return new ServiceBusClient(connectionString, OPTIONS);
  const namespace = settings[`${name}__fullyQualifiedNamespace`];
  if (namespace) return new ServiceBusClient(namespace, await credential(name, settings), OPTIONS);
  throw new Error(
    `Microsoft.Azure.WebJobs.ServiceBus: Microsoft Azure WebJobs SDK ServiceBus connection string '${name}' is missing or empty.`,
  );
}

async function credential(name: string, settings: NodeJS.ProcessEnv): Promise<TokenCredential> {
  const identity = await import('@azure/identity');
  const clientId = settings[`${name}__clientId`];
  if (settings[`${name}__credential`]?.toLowerCase() !== 'managedidentity')
    return new identity.DefaultAzureCredential();
  return new identity.ManagedIdentityCredential(clientId ? { clientId } : {});
}
