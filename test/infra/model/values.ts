import type { Node } from 'web-tree-sitter';

/** An expression of a template, as far as it says something without being deployed. */
export type Value =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | ObjectValue
  | { readonly kind: 'array'; readonly items: readonly Value[] }
  | {
      readonly kind: 'choice';
      readonly condition: string;
      readonly whenTrue: Value;
      readonly whenFalse: Value;
    }
  | { readonly kind: 'each'; readonly body: Value; readonly of: Value }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Value[] }
  | { readonly kind: 'name'; readonly name: string }
  /** A string with something put into it, or any other expression: its text. */
  | { readonly kind: 'text'; readonly text: string };

export interface ObjectValue {
  readonly kind: 'object';
  readonly properties: ReadonlyMap<string, Value>;
}

export function toValue(node: Node | undefined): Value {
  if (node === undefined) return { kind: 'text', text: '' };
  const named = node.namedChildren.filter(
    child => child.type !== 'comment' && child.type !== 'diagnostic_comment',
  );
  switch (node.type) {
    case 'string':
    case 'multiline_string':
      return isPlain(node) ? { kind: 'literal', value: plainText(node) } : { kind: 'text', text: node.text };
    case 'number':
      return { kind: 'literal', value: Number(node.text) };
    case 'boolean':
      return { kind: 'literal', value: node.text === 'true' };
    case 'null':
      return { kind: 'literal', value: null };
    case 'identifier':
      return { kind: 'name', name: node.text };
    case 'object':
      return objectOf(node);
    case 'array':
      return { kind: 'array', items: named.map(toValue) };
    case 'parenthesized_expression':
      return toValue(named[0]);
    case 'ternary_expression':
      return {
        kind: 'choice',
        condition: named[0]?.text ?? '',
        whenTrue: toValue(named[1]),
        whenFalse: toValue(named[2]),
      };
    case 'for_statement':
      return { kind: 'each', of: toValue(named.at(-2)), body: toValue(named.at(-1)) };
    case 'call_expression': {
      const args = node.childForFieldName('arguments')?.namedChildren ?? [];
      return { kind: 'call', name: node.childForFieldName('function')?.text ?? '', args: args.map(toValue) };
    }
    default:
      return { kind: 'text', text: node.text };
  }
}

/** Properties by name; those of nested resources are not among them. */
export function objectOf(node: Node): ObjectValue {
  const properties = new Map<string, Value>();
  for (const property of node.namedChildren) {
    const [key, value] = property.namedChildren;
    if (property.type !== 'object_property' || key === undefined || key.type === 'resource_declaration')
      continue;
    properties.set(key.type === 'string' ? plainText(key) : key.text, toValue(value));
  }
  return { kind: 'object', properties };
}

function isPlain(node: Node): boolean {
  return node.namedChildren.every(({ type }) => type !== 'interpolation');
}

export function plainText(node: Node): string {
  return node.namedChildren.map(({ text }) => text).join('');
}
