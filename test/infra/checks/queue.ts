import { readdirSync } from 'node:fs';
import { IDENTITY_CHANGES_QUEUE } from '../../../src/local/cloud.ts';
import { QUEUE_NAME } from '../../../src/messaging/change-queue.ts';
import { CONTAINER, tables } from '../../../src/state/state.ts';
import { at, type Infra, literalAt, strings } from '../model/infra.ts';

const WEB_FOLDER = new URL('../../../functions/', import.meta.url);

/** PT1M: milliseconds. Days, hours, minutes and seconds only. */
export function durationMs(text: unknown): number {
  const parts = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(String(text));
  if (parts === null) return Number.NaN;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map(part => Number(part ?? 0));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000;
}

/** All tries of a message together, with the longest waits: 24 of four hours. */
const LONGEST_CHAIN_MS = 24 * 4 * 3_600_000;

export function queueProblems(infra: Infra): string[] {
  const problems: string[] = [];
  const { body } = infra.only('Microsoft.ServiceBus/namespaces/queues');
  const said = (name: string): unknown => literalAt(body, `properties.${name}`);
  const expect = (name: string, found: unknown, wanted: unknown): void => {
    if (found !== wanted) problems.push(`${name} is ${String(found)}, and not ${String(wanted)}`);
  };
  const local = IDENTITY_CHANGES_QUEUE;
  expect('the name', literalAt(body, 'name'), QUEUE_NAME);
  expect('the name', literalAt(body, 'name'), local.name);
  expect('requiresSession', said('requiresSession'), false);
  expect('enablePartitioning', said('enablePartitioning'), false);
  expect('requiresDuplicateDetection', said('requiresDuplicateDetection'), true);
  const window = durationMs(said('duplicateDetectionHistoryTimeWindow'));
  expect('the duplicate detection window', window, local.duplicateDetectionWindowMs);
  expect('the lock', durationMs(said('lockDuration')), local.lockDurationMs);
  expect('maxDeliveryCount', said('maxDeliveryCount'), local.maxDeliveryCount);
  expect(
    'deadLetteringOnMessageExpiration',
    said('deadLetteringOnMessageExpiration'),
    local.deadLetterOnExpiry,
  );
  if (!(durationMs(said('defaultMessageTimeToLive')) > LONGEST_CHAIN_MS))
    problems.push('a message may expire before its last try');
  return problems;
}

export function storageProblems(infra: Infra): string[] {
  const { variables } = infra.template('storage');
  const problems: string[] = [];
  if (strings(variables.get('tableNames')).sort().join() !== [...tables].sort().join())
    problems.push('the tables are not those that the code uses');
  const containers = strings(variables.get('containerNames'));
  const { text = '' } = at(
    infra.only('Microsoft.Web/sites').body,
    'properties.functionAppConfig.deployment.storage.value',
  ) as { text?: string };
  const deployed = /\}([a-z0-9-]+)'$/.exec(text)?.[1] ?? 'nowhere';
  if (containers.sort().join() !== [CONTAINER, deployed].sort().join())
    problems.push('the containers are not those that the code and the deployment use');
  return problems;
}

/** The plan, the runtime, and the functions that are kept ready. */
export function appProblems(infra: Infra): string[] {
  const problems: string[] = [];
  const plan = infra.only('Microsoft.Web/serverfarms').body;
  if (literalAt(plan, 'sku.name') !== 'FC1' || literalAt(plan, 'sku.tier') !== 'FlexConsumption')
    problems.push('the plan is not Flex Consumption');
  const site = infra.only('Microsoft.Web/sites').body;
  const config = at(site, 'properties.functionAppConfig');
  if (literalAt(config, 'runtime.name') !== 'node' || literalAt(config, 'runtime.version') !== '24')
    problems.push('the runtime is not Node 24');
  if (Number(literalAt(config, 'scaleAndConcurrency.maximumInstanceCount')) < 40)
    problems.push('fewer instances than 40 are refused by some versions of the service');
  const ready = at(config, 'scaleAndConcurrency.alwaysReady');
  const kept = ready?.kind === 'choice' && ready.whenFalse.kind === 'array' ? ready.whenFalse.items : [];
  const names = kept.map(item => String(literalAt(item, 'name')));
  if (names.sort().join() !== 'function:apply-change,http') problems.push(`kept ready: ${names.join()}`);
  const functions = readdirSync(WEB_FOLDER).map(file => file.replace(/\.ts$/, ''));
  for (const name of names)
    if (name.startsWith('function:') && !functions.includes(name.slice('function:'.length)))
      problems.push(`there is no function ${name}`);
  const tag = /'azd-service-name': '([^']+)'/.exec(infra.text('infra/modules/function-app.bicep'))?.[1];
  if (!new RegExp(`^services:\\n  ${tag}:$`, 'm').test(infra.text('azure.yaml')))
    problems.push('azure.yaml names the service otherwise than the tag of the app');
  return problems;
}

export function hostProblems(infra: Infra): string[] {
  const problems: string[] = [];
  const host = JSON.parse(infra.text('host.json')) as {
    extensionBundle: { version: string };
    telemetryMode?: string;
    logging: { applicationInsights: { samplingSettings: { excludedTypes: string } } };
  };
  if (!/^\[4\.\d+\.\d+, 5\.0\.0\)$/.test(host.extensionBundle.version))
    problems.push('the extension bundle may be of any major version');
  // The events of the pipeline are traces: a sample of them would hide failures, and invent silence.
  if (!host.logging.applicationInsights.samplingSettings.excludedTypes.split(';').includes('Trace'))
    problems.push('what alerts rest on is sampled');
  if (host.telemetryMode !== undefined)
    problems.push('host.json decides what the parameter telemetryMode is for');
  return problems;
}
