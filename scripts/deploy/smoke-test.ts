// What a deployment has to show before anybody relies on it: docs/deployment.md. It talks to what is deployed from
// outside, signed in as somebody who may send to the queue and receive from it.
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { DefaultAzureCredential } from '@azure/identity';
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { QUEUE_NAME } from '../../src/messaging/change-queue.ts';

export interface Deployed {
  /** Origin of the app, such as `https://func-abc.azurewebsites.net`; undefined without notifications. */
  readonly app: string | undefined;
  readonly serviceBus: ServiceBusClient;
  /** Id of a target, such as `account-<account id>`. */
  readonly target: string;
  /**
   * A user to look at, by Entra object id. Of one who is in scope the look reads Graph and the target; undefined: somebody
   * who does not exist, whose look ends at our own tables.
   */
  readonly user: string | undefined;
  /** Milliseconds that each step may take. From zero instances, the first may take two minutes. */
  readonly timeoutMs: number;
  readonly say: (line: string) => void;
}

/** Starts the ids of messages that alerts leave out. */
const MARK = 'smoke-test:';
/** Letters and signs that have to come back as they went. */
const TOKEN = 'Validation: smoke test 100% + é';
const PEEKED = 250;
const PAUSE_MS = 500;

/** Runs every step, and says of each what it showed. @throws Error naming the step that failed, and why. */
export async function smokeTest(deployed: Deployed): Promise<void> {
  const { app, say } = deployed;
  if (app === undefined) say('skipped  handshake: there is no webhook');
  else {
    await handshake(app, deployed.timeoutMs);
    say('passed   handshake: the webhook answers as Graph asks it to');
    await forgery(app, deployed.timeoutMs);
    say('passed   forgery: a notification without the secret is accepted and dropped');
  }
  const took = await changeThrough(deployed);
  say(`passed   change: a look went through in ${(took / 1_000).toFixed(1)} s`);
  const reason = await deadLetter(deployed);
  say(
    `passed   dead letter: a message that cannot be understood lay in the dead-letter queue, for "${reason}"`,
  );
}

/** Source: Microsoft Graph, "Change notifications: notificationUrl validation". */
async function handshake(app: string, timeoutMs: number): Promise<void> {
  const url = `${app}/api/graph-notifications?validationToken=${encodeURIComponent(TOKEN)}`;
  const answer = await fetch(url, {
    method: 'POST',
    signal: AbortSignal.timeout(timeoutMs),
    redirect: 'error',
  });
  const type = answer.headers.get('content-type') ?? '';
  const body = await answer.text();
  if (answer.status !== 200 || !type.startsWith('text/plain') || body !== TOKEN)
    throw new Error(
      `handshake: ${answer.status} ${type}, and not 200 text/plain with the token that was sent`,
    );
}

async function forgery(app: string, timeoutMs: number): Promise<void> {
  const item = {
    subscriptionId: randomUUID(),
    clientState: 'forged by the smoke test',
    changeType: 'updated',
    tenantId: randomUUID(),
    resource: `Users/${randomUUID()}`,
  };
  const answer = await fetch(`${app}/api/graph-notifications`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ value: [item] }),
    signal: AbortSignal.timeout(timeoutMs),
    redirect: 'error',
  });
  await answer.text();
  if (answer.status !== 202) throw new Error(`forgery: ${answer.status}, and not 202`);
}

async function changeThrough({ serviceBus, target, user, timeoutMs }: Deployed): Promise<number> {
  const correlationId = `${MARK}${randomUUID()}`;
  const at = Date.now();
  const obligation = {
    type: 'look',
    target,
    principal: { kind: 'user', id: user ?? randomUUID() },
    cause: 'on-demand',
    notBefore: at,
    heardAt: at,
    correlationId,
  };
  await send(serviceBus, correlationId, { obligation });
  const isOurs = (message: ServiceBusReceivedMessage): boolean => message.correlationId === correlationId;
  await until('change', timeoutMs, async () => {
    // A look that is tried again has a copy there. The later look that follows a good one is no copy of it.
    const waiting = (await peek(serviceBus, false)).filter(isOurs);
    const open = waiting.filter(({ body }) => body?.obligation?.cause !== 'later-look');
    // After the queue: what moves between the two looks is seen in the second.
    const dead = (await peek(serviceBus, true)).find(isOurs);
    if (dead !== undefined)
      throw new Error(
        `change: dead-lettered for ${dead.deadLetterReason}: ${dead.deadLetterErrorDescription}`,
      );
    return open.length === 0
      ? true
      : `it is still there: ${open.map(({ messageId }) => messageId).join(', ')}`;
  });
  return Date.now() - at;
}

async function deadLetter({ serviceBus, timeoutMs }: Deployed): Promise<string> {
  const messageId = `${MARK}${randomUUID()}`;
  await send(serviceBus, messageId, { obligation: { type: 'smoke-test' } });
  let reason = '';
  await until('dead letter', timeoutMs, async () => {
    const found = (await peek(serviceBus, true)).find(message => message.messageId === messageId);
    reason = found?.deadLetterReason ?? '';
    return found !== undefined || 'it is not there';
  });
  await discard(serviceBus, messageId);
  // The broker's own reason would mean that the app could only throw, and that its reasons are lost.
  if (reason !== 'InvalidMessage')
    throw new Error(`dead letter: its reason is "${reason}", and not "InvalidMessage"`);
  return reason;
}

async function send(serviceBus: ServiceBusClient, id: string, body: unknown): Promise<void> {
  const sender = serviceBus.createSender(QUEUE_NAME);
  try {
    await sender.sendMessages({
      body,
      contentType: 'application/json',
      messageId: id,
      correlationId: id,
      applicationProperties: { chain: id, attempt: 0, hops: 0 },
    });
  } finally {
    await sender.close();
  }
}

async function peek(serviceBus: ServiceBusClient, dead: boolean): Promise<ServiceBusReceivedMessage[]> {
  const receiver = serviceBus.createReceiver(QUEUE_NAME, dead ? { subQueueType: 'deadLetter' } : {});
  try {
    const found: ServiceBusReceivedMessage[] = [];
    for (;;) {
      const page = await receiver.peekMessages(PEEKED);
      found.push(...page);
      if (page.length === 0) return found;
    }
  } finally {
    await receiver.close();
  }
}

/** Takes out the dead letter that we made, and gives back those that lie before it. */
async function discard(serviceBus: ServiceBusClient, messageId: string): Promise<void> {
  const receiver = serviceBus.createReceiver(QUEUE_NAME, { subQueueType: 'deadLetter' });
  const others: ServiceBusReceivedMessage[] = [];
  try {
    for (let isThere = true; isThere; ) {
      const page = await receiver.receiveMessages(PEEKED, { maxWaitTimeInMs: 2_000 });
      isThere = page.length > 0;
      for (const message of page) {
        if (message.messageId !== messageId) others.push(message);
        else {
          await receiver.completeMessage(message);
          isThere = false;
        }
      }
    }
    for (const message of others) await receiver.abandonMessage(message);
  } finally {
    await receiver.close();
  }
}

/** @param holds true, or why not yet. */
async function until(what: string, timeoutMs: number, holds: () => Promise<true | string>): Promise<void> {
  for (const end = Date.now() + timeoutMs; ; ) {
    const state = await holds();
    if (state === true) return;
    if (Date.now() > end) throw new Error(`${what}: not within ${timeoutMs / 1_000} s: ${state}`);
    await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
  }
}

const HELP = `usage: node scripts/deploy/smoke-test.ts [options]
  --app HOST          of the app; by default FUNCTION_APP_HOST; "none" without notifications
  --service-bus HOST  of the namespace; by default SERVICE_BUS_HOST
  --target ID         by default account-<DATABRICKS_ACCOUNT_ID>
  --user ID           object id of a user to look at; by default somebody who does not exist
  --timeout SECONDS   of each step; by default 180
`;

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { env } = process;
  const { values } = parseArgs({
    options: { app: text, 'service-bus': text, target: text, user: text, timeout: text },
  });
  const host = values.app ?? env.FUNCTION_APP_HOST;
  const namespace = values['service-bus'] ?? env.SERVICE_BUS_HOST;
  const account = env.DATABRICKS_ACCOUNT_ID;
  const target = values.target ?? (account ? `account-${account.toLowerCase()}` : undefined);
  if (!host || !namespace || target === undefined) {
    process.stderr.write(HELP);
    process.exitCode = 2;
    return;
  }
  const serviceBus = new ServiceBusClient(namespace, new DefaultAzureCredential());
  try {
    await smokeTest({
      app: host === 'none' ? undefined : `https://${host}`,
      serviceBus,
      target,
      user: values.user,
      timeoutMs: Number(values.timeout ?? 180) * 1_000,
      say: line => process.stdout.write(`${line}\n`),
    });
  } catch (error) {
    process.stdout.write(`FAILED   ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } finally {
    await serviceBus.close();
  }
}

if (import.meta.main) await main();
