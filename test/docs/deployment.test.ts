import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { GRAPH_PERMISSIONS, HIDDEN_MEMBERSHIP } from '../../src/directory/graph-permissions.ts';
import { Infra, literalAt, readFiles } from '../infra/model/infra.ts';
import { code, readPage } from './page.ts';

const page = readPage('docs/deployment.md');
const infra = new Infra(readFiles());

describe('the deployment page', () => {
  test('has every parameter of the templates, with its variable', () => {
    const given = JSON.parse(infra.text('infra/main.parameters.json')) as {
      parameters: Record<string, { value: string }>;
    };
    const documented = page
      .rows('Parameters')
      .filter(row => code(row[1]) !== '')
      .map(row => `${code(row[1])} ${code(row[0])}`.trim());
    const wanted = infra
      .template('main')
      .parameters.map(({ name }) => `${name} ${given.parameters[name]?.value.slice(2, -1) ?? ''}`.trim());
    expect(documented.toSorted()).toEqual(wanted.toSorted());
  });

  test('says of each environment what its file says', () => {
    const cells = (name: string): (string | undefined)[] =>
      page
        .rows('Parameters')
        .filter(row => row.length === 4 && row[0] !== '' && code(row[0]) === '')
        .map(row => row[['dev', 'test', 'prod'].indexOf(name) + 1]);
    for (const name of ['dev', 'test', 'prod']) {
      const says = JSON.parse(infra.text(`infra/environments/${name}.json`)) as Record<string, unknown>;
      const [ready, memory, storage, logs, deleted] = cells(name);
      expect(ready === 'nothing').toBe(says.economy);
      expect(memory).toBe(`${String(says.instanceMemoryMB)} MB`);
      expect(storage === 'local' ? 'Standard_LRS' : 'Standard_ZRS').toBe(says.storageSku);
      const cap = says.dailyLogQuotaGb === -1 ? 'no cap' : `${String(says.dailyLogQuotaGb)} GB a day`;
      expect(logs).toBe(`${String(says.logRetentionDays)} days, ${cap}`);
      expect(deleted).toBe(`${String(says.softDeleteDays)} days`);
    }
  });

  test('has every alert, with its severity', () => {
    const rules = infra.template('alerts').variables.get('rules');
    const made = [
      ...(rules?.kind === 'array' ? rules.items : []).map(
        rule => `${String(literalAt(rule, 'name'))} ${String(literalAt(rule, 'severity'))}`,
      ),
      ...infra
        .created('Microsoft.Insights/metricAlerts')
        .map(
          ({ resource: { body } }) =>
            `${String(literalAt(body, 'name'))} ${String(literalAt(body, 'properties.severity'))}`,
        ),
    ];
    const documented = page.rows('Alerts').map(([name, severity]) => `${code(name)} ${severity}`);
    expect(documented.toSorted()).toEqual(made.toSorted());
  });

  test('has the permissions that the code looks for', () => {
    const names = [...page.text.matchAll(/^ +\| (\w+\.Read\.\w+) \|/gm)].map(([, name = '']) => name);
    expect(names.toSorted()).toEqual([...Object.keys(GRAPH_PERMISSIONS), HIDDEN_MEMBERSHIP].toSorted());
  });

  test('names files that are there', () => {
    const named = [
      ...page.text.matchAll(
        /(?<![\w/])((?:infra\/scripts|scripts\/deploy|\.github\/workflows)\/[\w-]+\.\w+)/g,
      ),
    ];
    expect(named.length).toBeGreaterThan(4);
    for (const [, path = ''] of named)
      expect(existsSync(new URL(`../../${path}`, import.meta.url)), path).toBe(true);
    const modules = readdirSync(new URL('../../infra/modules/', import.meta.url));
    for (const name of modules) expect(readPage('infra/README.md').text).toContain(`modules/${name}`);
  });
});
