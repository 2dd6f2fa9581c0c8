import { readdirSync, readFileSync } from 'node:fs';
import { at, type Infra, literalAt } from '../model/infra.ts';
import { durationMs } from './queue.ts';

const SOURCE = new URL('../../../src/', import.meta.url);

/** The product's source, without the stand-ins for the cloud. */
const source = readdirSync(SOURCE, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
  .map(({ parentPath, name }) => `${parentPath}/${name}`.replaceAll('\\', '/'))
  .filter(path => !path.includes('/src/local/'))
  .map(path => readFileSync(path, 'utf8'))
  .join('\n');

/** Dangers for which the issue of a page in the night is justified: each needs an alert. */
const ALERTS = [
  'backlog-waits-and-none-is-done',
  'cycle-overdue',
  'dead-letters',
  'failed-changes',
  'holds',
  'messages-wait-and-none-completes',
  'no-poll',
  'quarantined',
  'secrets',
  'source-disagrees',
  'subscriptions',
  'worth-knowing',
];

/** What is logged as an error: somebody has to hear of it. */
const errors = [...source.matchAll(/\blog\.error\(\s*'([a-z-]+)'/g)].map(([, event = '']) => event);

/** Metrics of a Service Bus namespace. Source: Microsoft Learn, "Service Bus monitoring data reference". */
const METRICS = ['ActiveMessages', 'CompleteMessage', 'DeadletteredMessages'];
/** Source: Microsoft Learn, "Create or edit a metric alert rule". */
const METRIC_WINDOWS = ['PT1M', 'PT5M', 'PT15M', 'PT30M', 'PT1H'];

const FIELD = /extract\(@'(?:\\b| )(?:\(\?:)?([a-zA-Z|]+)\)?=/g;

/** Queries of the alerts and of the workbook, by where they are. */
function queries(infra: Infra): Map<string, string> {
  const found = new Map([...infra.files].filter(([path]) => path.endsWith('.kql')));
  const { items } = JSON.parse(infra.text('infra/workbook.json')) as {
    items: { name: string; content: { query?: string } }[];
  };
  for (const { name, content } of items)
    if (content.query !== undefined) found.set(`infra/workbook.json, ${name}`, content.query);
  return found;
}

/** The events that a query asks for. */
function eventsOf(query: string): string[] {
  const compared = [...query.matchAll(/\bEvent (?:==|!=|in) (?:'([^']+)'|\(([^)]+)\))/g)];
  return compared.flatMap(([, one, many]) =>
    one === undefined ? [...(many ?? '').matchAll(/'([^']+)'/g)].map(([, name = '']) => name) : [one],
  );
}

/** Problems of a query over the log: what it asks for has to be what the product logs. */
export function queryProblems(path: string, query: string): string[] {
  const problems: string[] = [];
  for (const event of eventsOf(query))
    if (!source.includes(`'${event}'`)) problems.push(`${path}: nobody logs ${event}`);
  for (const [, names = ''] of query.matchAll(FIELD))
    for (const name of names.split('|'))
      if (!new RegExp(`\\b${name}\\b`).test(source)) problems.push(`${path}: nobody logs a field ${name}`);
  if (/\bAppRequests\b/.test(query)) problems.push(`${path}: rests on request records`);
  return problems;
}

export function alertProblems(infra: Infra): string[] {
  const problems: string[] = [];
  const asked = new Set<string>();
  for (const [path, query] of queries(infra)) {
    const events = eventsOf(query);
    if (path.endsWith('.kql')) for (const event of events) asked.add(event);
    if (events.length === 0 && !query.includes('extension bundle'))
      problems.push(`${path}: asks for no event`);
    problems.push(...queryProblems(path, query));
  }
  for (const event of errors) if (!asked.has(event)) problems.push(`no alert asks for ${event}`);
  const rules = infra.template('alerts').variables.get('rules');
  const logAlerts = rules?.kind === 'array' ? rules.items : [];
  const metricAlerts = infra.created('Microsoft.Insights/metricAlerts').map(({ resource }) => resource.body);
  const names = [...logAlerts, ...metricAlerts].map(rule => String(literalAt(rule, 'name')));
  for (const name of ALERTS) if (!names.includes(name)) problems.push(`no alert ${name}`);
  for (const name of names)
    if (!ALERTS.includes(name)) problems.push(`nobody has asked for the alert ${name}`);
  for (const rule of logAlerts)
    if (durationMs(literalAt(rule, 'every')) > durationMs(literalAt(rule, 'window')))
      problems.push(`${String(literalAt(rule, 'name'))}: looks at less than what has passed`);
  for (const alert of metricAlerts) {
    const name = String(literalAt(alert, 'name'));
    if (!METRIC_WINDOWS.includes(String(literalAt(alert, 'properties.windowSize'))))
      problems.push(`${name}: no window that metrics have`);
    const criteria = at(alert, 'properties.criteria.allOf');
    for (const item of criteria?.kind === 'array' ? criteria.items : [])
      if (!METRICS.includes(String(literalAt(item, 'metricName')))) problems.push(`${name}: no such metric`);
  }
  const used = [...infra.text('infra/modules/alerts.bicep').matchAll(/'\.\.\/(alerts\/[^']+)'/g)];
  for (const path of infra.files.keys())
    if (path.endsWith('.kql') && !used.some(([, file]) => path === `infra/${file}`))
      problems.push(`${path}: no alert asks it`);
  return problems;
}
