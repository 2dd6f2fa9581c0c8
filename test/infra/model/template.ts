import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Language, type Node, Parser } from 'web-tree-sitter';
import { type ObjectValue, objectOf, plainText, toValue, type Value } from './values.ts';

export interface Resource {
  readonly symbol: string;
  /** `Microsoft.Web/sites`. */
  readonly type: string;
  /** `2025-03-01`; undefined for one inside another, which takes over the other's. */
  readonly apiVersion: string | undefined;
  readonly isExisting: boolean;
  readonly body: ObjectValue;
}

export interface Module {
  readonly symbol: string;
  /** As written, relative to the file. */
  readonly path: string;
  readonly body: ObjectValue;
}

export interface Parameter {
  readonly name: string;
  readonly isSecure: boolean;
  /** Undefined: it has to be given. */
  readonly byDefault: Value | undefined;
}

/** One Bicep file. */
export interface Template {
  readonly parameters: readonly Parameter[];
  readonly variables: ReadonlyMap<string, Value>;
  readonly resources: readonly Resource[];
  readonly modules: readonly Module[];
  readonly outputs: ReadonlyMap<string, string>;
  /** What the grammar does not know, each with its line. */
  readonly errors: readonly string[];
  /** Names that are used and not declared, each with its line. */
  readonly undeclared: readonly string[];
  /** Parameters and variables that nothing uses. */
  readonly unused: readonly string[];
  /** `identity.outputs.principalId`, and the like. */
  readonly outputsUsed: readonly { readonly module: string; readonly output: string }[];
}

await Parser.init();
const grammar = fileURLToPath(import.meta.resolve('tree-sitter-bicep/tree-sitter-bicep.wasm'));
const parser = new Parser().setLanguage(await Language.load(readFileSync(grammar)));

/** Functions of Bicep that the templates use; another one is added here on purpose, or it is a slip of the pen. */
const FUNCTIONS = new Set(
  `array concat contains empty environment guid items loadJsonContent loadTextContent replace resourceGroup split
   subscription subscriptionResourceId tenant toObject union uniqueString`.split(/\s+/),
);

export function parseTemplate(source: string): Template {
  const tree = parser.parse(source);
  if (tree === null) throw new Error('the parser gave up');
  const root = tree.rootNode;
  const top = root.namedChildren;
  const parameters: Parameter[] = [];
  for (const [i, node] of top.entries()) {
    if (node.type !== 'parameter_declaration') continue;
    const [name, , byDefault] = node.namedChildren;
    const before = top[i - 1];
    parameters.push({
      name: name?.text ?? '',
      isSecure: before?.type === 'decorators' && before.text.includes('@secure('),
      byDefault: byDefault && toValue(byDefault),
    });
  }
  const declarations = (type: string): Node[] => top.filter(node => node.type === type);
  return {
    parameters,
    variables: new Map(
      declarations('variable_declaration').map(node => {
        const [name, value] = node.namedChildren;
        return [name?.text ?? '', toValue(value)];
      }),
    ),
    resources: root
      .descendantsOfType('resource_declaration')
      .flatMap(node => (node ? [resourceOf(node)] : [])),
    modules: declarations('module_declaration').map(node => {
      const [symbol, path] = node.namedChildren;
      return { symbol: symbol?.text ?? '', path: path ? plainText(path) : '', body: bodyOf(node) };
    }),
    outputs: new Map(
      declarations('output_declaration').map(node => [
        node.namedChildren[0]?.text ?? '',
        node.namedChildren.at(-1)?.text ?? '',
      ]),
    ),
    errors: errorsOf(root),
    ...namesOf(root),
    outputsUsed: [...source.matchAll(/\b(\w+)\.\??outputs\.(\w+)/g)].map(([, module = '', output = '']) => ({
      module,
      output,
    })),
  };
}

function resourceOf(node: Node): Resource {
  const [symbol, type] = node.namedChildren;
  const [name = '', apiVersion] = (type ? plainText(type) : '').split('@');
  return {
    symbol: symbol?.text ?? '',
    type: name,
    apiVersion,
    isExisting: node.children.some(child => child?.type === 'existing'),
    body: bodyOf(node),
  };
}

/** The object of a declaration, of its condition, or of its loop. */
function bodyOf(node: Node): ObjectValue {
  const last = node.namedChildren.at(-1);
  if (last === undefined) return { kind: 'object', properties: new Map() };
  return last.type === 'object' ? objectOf(last) : bodyOf(last);
}

function errorsOf(node: Node): string[] {
  if (node.type === 'ERROR' || node.isMissing)
    return [`line ${node.startPosition.row + 1}: ${node.text.slice(0, 60)}`];
  return node.hasError ? node.children.flatMap(child => (child ? errorsOf(child) : [])) : [];
}

const DECLARING = new Set([
  'parameter_declaration',
  'variable_declaration',
  'resource_declaration',
  'module_declaration',
  'output_declaration',
]);

function namesOf(root: Node): Pick<Template, 'undeclared' | 'unused'> {
  const known = new Set(FUNCTIONS);
  const mayBeUnused = new Set<string>();
  const uses: Node[] = [];
  const visit = (node: Node): void => {
    const { type, parent } = node;
    if (type === 'decorators') return;
    if (type === 'loop_variable' || type === 'loop_enumerator') known.add(node.text);
    if (type === 'identifier') {
      const isFirst = parent?.namedChildren[0]?.id === node.id;
      const declares =
        (isFirst && parent !== null && (DECLARING.has(parent.type) || parent.type === 'parameter')) ||
        (parent?.type === 'for_statement' && parent.childForFieldName('initializer')?.id === node.id) ||
        (parent?.type === 'lambda_expression' && isFirst);
      if (declares) known.add(node.text);
      if (isFirst && (parent?.type === 'parameter_declaration' || parent?.type === 'variable_declaration'))
        mayBeUnused.add(node.text);
      if (declares) return;
      if (!(parent?.type === 'object_property' && isFirst)) uses.push(node);
    }
    for (const child of node.namedChildren) if (child) visit(child);
  };
  visit(root);
  for (const { text } of uses) mayBeUnused.delete(text);
  return {
    undeclared: uses
      .filter(node => !known.has(node.text))
      .map(node => `line ${node.startPosition.row + 1}: ${node.text}`),
    unused: [...mayBeUnused],
  };
}
