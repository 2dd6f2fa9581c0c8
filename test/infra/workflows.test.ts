import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const FOLDER = new URL('../../.github/workflows/', import.meta.url);
const ROOT = new URL('../../', import.meta.url);

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly uses?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
  readonly environment?: string;
  readonly needs?: string;
  readonly 'timeout-minutes'?: number;
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** Who may do more than read the code, and what. */
const MORE_THAN_READING: Readonly<Record<string, readonly string[]>> = {
  'deploy.yml what-if': ['id-token: write'],
  'deploy.yml deploy': ['id-token: write'],
};

/** What is wrong with a workflow, as far as it can be seen. */
function workflowProblems(name: string, text: string): string[] {
  const problems: string[] = [];
  const workflow = parse(text) as Workflow;
  if (workflow.permissions === undefined) problems.push('takes the permissions that the repository gives');
  if ('pull_request_target' in workflow.on) problems.push('runs the code of strangers with our permissions');
  for (const [id, job] of Object.entries(workflow.jobs)) {
    const granted = job.permissions ?? workflow.permissions ?? {};
    const more = Object.entries(granted)
      .map(([what, how]) => `${what}: ${how}`)
      .filter(one => one !== 'contents: read');
    const allowed = MORE_THAN_READING[`${name} ${id}`] ?? [];
    for (const one of more) if (!allowed.includes(one)) problems.push(`${id} may ${one}`);
    if (job.uses === undefined && job['timeout-minutes'] === undefined)
      problems.push(`${id} may run for hours`);
    const steps = job.steps ?? [];
    for (const uses of [job.uses, ...steps.map(step => step.uses)]) {
      if (uses === undefined || uses.startsWith('./')) continue;
      if (!/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/.test(uses))
        problems.push(`${id}: ${uses} is not pinned by commit`);
      else if (!new RegExp(`${uses} # v\\d+\\.\\d+\\.\\d+$`, 'm').test(text))
        problems.push(`${id}: ${uses} does not say which version it is`);
    }
    for (const { uses, run, with: inputs } of steps) {
      if (run?.includes('${{')) problems.push(`${id}: an expression in a script may be a command`);
      if (uses?.startsWith('actions/checkout@') && inputs?.['persist-credentials'] !== false)
        problems.push(`${id}: the token stays in the checkout`);
    }
  }
  if (/\bsecrets\./.test(text)) problems.push('reads a secret, and sign-in needs none');
  return problems;
}

const files = readdirSync(FOLDER).filter(name => name.endsWith('.yml'));
const read = (name: string): string => readFileSync(new URL(name, FOLDER), 'utf8');

test.for(files)('%s is pinned, and may no more than it needs', name => {
  expect(workflowProblems(name, read(name))).toEqual([]);
});

test('every check that there is runs before anything is kept to be deployed', () => {
  const { jobs } = parse(read('check.yml')) as Workflow;
  const steps = jobs.code?.steps?.map(({ uses, run }) => run ?? uses?.replace(/@.*/, '') ?? '') ?? [];
  expect(steps.slice(steps.indexOf('npm ci'))).toEqual([
    'npm ci',
    'npm run check',
    'npm run test:all',
    'npm run licences',
    'npm run sbom',
    'npm run bundle',
    'actions/upload-artifact',
    'actions/upload-artifact',
  ]);
});

test('what is deployed was checked, compared and then tried', () => {
  const { jobs } = parse(read('deploy.yml')) as Workflow;
  expect(jobs.check?.uses).toBe('./.github/workflows/check.yml');
  expect([jobs['what-if']?.needs, jobs.deploy?.needs]).toEqual(['check', 'what-if']);
  expect(jobs['what-if']?.environment).not.toBe(jobs.deploy?.environment);
  const commands = jobs.deploy?.steps?.map(({ uses, run }) => run ?? uses ?? '').join('\n') ?? '';
  const order = ['azd provision', 'download-artifact', 'azd deploy', 'smoke-test.ts'];
  expect(order.map(what => commands.indexOf(what))).toEqual(
    order.map(what => commands.indexOf(what)).toSorted((a, b) => a - b),
  );
  expect(commands.indexOf('azd provision')).toBeGreaterThan(-1);
});

test('each npm script that a workflow runs is there', () => {
  const { scripts } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as {
    scripts: Record<string, string>;
  };
  for (const name of [
    ...files
      .map(read)
      .join('\n')
      .matchAll(/npm run ([\w:]+)/g),
  ].map(([, script = '']) => script))
    expect(Object.keys(scripts)).toContain(name);
});

describe('is found:', () => {
  const check = read('check.yml');
  const deploy = read('deploy.yml');
  test.for<[string, string, string, RegExp | string, string, string]>([
    [
      'an action of a tag',
      'check.yml',
      check,
      /setup-node@\w{40}/,
      'setup-node@v7',
      'is not pinned by commit',
    ],
    ['a commit of no version', 'check.yml', check, / # v7\.0\.0$/m, '', 'does not say which version'],
    [
      'the right to write',
      'check.yml',
      check,
      'contents: read',
      'contents: write',
      'code may contents: write',
    ],
    [
      'a token for everybody',
      'check.yml',
      check,
      'contents: read',
      'id-token: write',
      'code may id-token: write',
    ],
    [
      'the permissions of the repository',
      'check.yml',
      check,
      /^permissions:\n {2}.*\n/m,
      '',
      'takes the permissions',
    ],
    [
      'a token in the checkout',
      'check.yml',
      check,
      'persist-credentials: false',
      'fetch-depth: 0',
      'stays in the checkout',
    ],
    [
      'code of strangers',
      'check.yml',
      check,
      'pull_request:',
      'pull_request_target:',
      'the code of strangers',
    ],
    [
      'a stored secret',
      'deploy.yml',
      deploy,
      'vars.AZURE_CLIENT_ID',
      'secrets.AZURE_CLIENT_ID',
      'reads a secret',
    ],
    [
      'an input in a script',
      'deploy.yml',
      deploy,
      '"$AZURE_CLIENT_ID"',
      `\${{ inputs.environment }}`,
      'may be a command',
    ],
    [
      'a job without an end',
      'deploy.yml',
      deploy,
      'timeout-minutes: 45',
      'continue-on-error: false',
      'may run for hours',
    ],
  ])('%s', ([, name, text, replace, by, says]) => {
    const changed = text.replace(replace, () => by);
    expect(changed).not.toBe(text);
    expect(workflowProblems(name, changed).join('\n')).toContain(says);
  });
});

test('a deployment by the workflow is told all that one by hand is: what it left out, it would take back', () => {
  const { jobs } = parse(read('deploy.yml')) as { jobs: Record<string, { env?: Record<string, string> }> };
  const parameters = readFileSync(new URL('infra/main.parameters.json', ROOT), 'utf8');
  // Who deploys is what the tool itself says.
  const told = [...parameters.matchAll(/\$\{(\w+)\}/g)]
    .map(([, name = '']) => name)
    .filter(name => !name.startsWith('AZURE_PRINCIPAL_'));
  expect(told.length).toBeGreaterThan(15);
  for (const job of ['what-if', 'deploy'])
    expect(Object.keys(jobs[job]?.env ?? {})).toEqual(expect.arrayContaining(told));
});
