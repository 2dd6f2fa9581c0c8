// The import directions of the architecture, checked by `npm run check`; test/tooling/import-rules.test.ts breaks each
// rule on purpose.
import { Visitor } from '@swc/core/Visitor.js';

// swc's visitor, which dependency-cruiser walks the syntax tree with, stops at `using` declarations, which are newer
// than it is. Nothing but their initialiser can hold an import.
const visitStatement = Visitor.prototype.visitStatement;
/** @param {any} statement */
Visitor.prototype.visitStatement = function visit(statement) {
  if (statement.type !== 'UsingDeclaration') return visitStatement.call(this, statement);
  this.visitVariableDeclarators(statement.decls);
  return statement;
};

const pure = ['identity', 'mapping', 'scope', 'planning'];
const adapters = ['directory', 'scim', 'databricks', 'state', 'messaging'];
const useCases = ['provisioning', 'reconciliation', 'operations'];
const belowUseCases = [...pure, ...adapters, 'config'];

/**
 * Every folder of src, and which others it may import. What is not listed here is not in the layout, and fails.
 * @type {Record<string, string[]>}
 */
const mayImport = {
  identity: [],
  mapping: pure,
  scope: pure,
  planning: pure,
  config: pure,
  directory: pure,
  scim: pure,
  databricks: [...pure, 'scim'],
  state: pure,
  messaging: pure,
  provisioning: belowUseCases,
  reconciliation: [...belowUseCases, 'provisioning'],
  operations: [...belowUseCases, 'provisioning', 'reconciliation'],
  cli: [...belowUseCases, ...useCases, 'app.ts'],
  'app.ts': [...belowUseCases, ...useCases, 'targets.ts'],
  'targets.ts': [...belowUseCases, 'provisioning'],
  'composed.ts': ['config', 'identity', 'app.ts'],
};

/** @param {string[]} names */
const inSrc = names =>
  names.map(name => `^src/${name.endsWith('.ts') ? `${name.replace('.', '[.]')}$` : `${name}/`}`);
const product = '^(src|functions)/';
const local = '^src/local/';

/**
 * @param {string} name
 * @param {string} comment
 * @param {import('dependency-cruiser').IRegularForbiddenRuleType['from']} from
 * @param {import('dependency-cruiser').IRegularForbiddenRuleType['to']} to
 * @returns {import('dependency-cruiser').IForbiddenRuleType}
 */
const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const directions = Object.entries(mayImport).map(([name, others]) =>
  forbid(
    `direction: ${name}`,
    `${name} may import ${others.join(', ') || 'nothing else of this project'}`,
    { path: inSrc([name]) },
    { path: product, pathNot: [...inSrc([name, ...others]), local] },
  ),
);

const start = ['^src/local/start[.]ts$', '^src/local/(start|tour)/'];
const clock = '^src/identity/clock[.]ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...directions,
    forbid(
      'direction: functions',
      'a function imports no other function and no command line',
      { path: '^functions/([^/]+)' },
      { path: ['^functions/', '^src/cli/'], pathNot: '^functions/$1' },
    ),
    forbid(
      'layout',
      'every folder of src has its place in the table above',
      {},
      { path: '^src/', pathNot: [...inSrc(Object.keys(mayImport)), local] },
    ),
    forbid(
      'pure',
      'the decisions know no SDK and no machine: zod, re2js and node:crypto only',
      { path: inSrc(pure) },
      // re2js computes and does nothing else: it is the engine that keeps the patterns of filters and mappings linear.
      { pathNot: ['^(src|functions|test)/', '^node_modules/(zod|re2js)/', '^crypto$'] },
    ),
    forbid(
      'local cloud stays local',
      'src/local is not deployed',
      { path: product, pathNot: local },
      { path: local },
    ),
    forbid(
      'local cloud is independent',
      'a stand-in that shared code with what it is there to try would share its mistakes',
      { path: local, pathNot: start },
      { path: product, pathNot: [local, clock] },
    ),
    forbid(
      'local start',
      'npm start and its tour use the product through the doors that people have',
      { path: start },
      { path: product, pathNot: [local, clock, ...inSrc(['operations', 'config', 'app.ts'])] },
    ),
    forbid(
      'deployed dependencies',
      'what is deployed runs without devDependencies; their types are welcome',
      { path: product, pathNot: local },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    ),
    forbid('tests stay outside', 'product code knows no tests', { path: product }, { path: '^test/' }),
    forbid('no cycles', 'files that need each other are one file, or lack a third', {}, { circular: true }),
    forbid(
      'no orphans',
      'nothing imports it, and it imports nothing',
      { orphan: true, path: '^src/', pathNot: '^src/local/start[.]ts$' },
      {},
    ),
  ],
  options: {
    // TypeScript 7 has no JavaScript API for dependency-cruiser to use. This parser sees every import except the type
    // expression `import('./file.ts').Name`, which scripts/no-inline-import-types.grit forbids.
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
