import type { Argument, FunctionDefinition } from '../definition.ts';
import { SyntaxProblem } from '../errors.ts';
import { isEmpty, listOf, longestText, textOf, tooLong } from '../values.ts';

export const listFunctions: Readonly<Record<string, FunctionDefinition>> = {
  Count: {
    parameters: ['attribute'],
    compile: call => {
      const attribute = call.argument(0);
      return scope => {
        const value = attribute.value(scope);
        if (value === null) return 0n;
        return typeof value === 'object' ? BigInt(value.length) : 1n;
      };
    },
  },

  Item: {
    parameters: ['attribute', 'index'],
    compile: call => {
      const [attribute, index] = [call.argument(0), call.argument(1)];
      if (index.node.kind === 'number' && index.node.value < 1n) {
        throw index.problem('1 or more', 'the first item has the index 1');
      }
      return scope => {
        const position = index.count(scope);
        if (position < 1) throw index.failure('less than 1');
        const value = attribute.value(scope);
        if (value === null) return null;
        const items = typeof value === 'object' ? value : [textOf(value)];
        return items[position - 1] ?? null;
      };
    },
  },

  Join: {
    parameters: ['separator', 'source...'],
    compile: call => {
      const separator = call.argument(0);
      const sources = call.from(1);
      return scope => {
        const parts = sources.flatMap(source => {
          const value = source.value(scope);
          if (isEmpty(value)) return [];
          return typeof value === 'object' ? value.filter(item => item !== '') : [textOf(value)];
        });
        const between = separator.text(scope) ?? '';
        const size = parts.reduce((sum, part) => sum + part.length + between.length, 0);
        if (size > longestText + between.length) throw tooLong('Join');
        return parts.join(between);
      };
    },
  },

  RemoveDuplicates: {
    parameters: ['attribute'],
    compile: call => {
      const attribute = call.argument(0);
      return scope => {
        const value = attribute.value(scope);
        return typeof value === 'object' && value !== null ? listOf([...new Set(value)]) : value;
      };
    },
  },

  SingleAppRoleAssignment: {
    parameters: ['[appRoleAssignments]'],
    compile: call => {
      const roles = call.argument(0);
      if (roles.node.kind !== 'attribute' || roles.node.name !== 'appRoleAssignments') {
        throw new SyntaxProblem(
          roles.node.at,
          '[appRoleAssignments]',
          'SingleAppRoleAssignment reads nothing else',
        );
      }
      return scope => {
        const value = roles.value(scope);
        if (typeof value !== 'object' || value === null) return value;
        return value.length === 1 ? (value[0] ?? null) : null;
      };
    },
  },

  Split: {
    parameters: ['source', 'delimiter'],
    compile: call => {
      const [source, delimiter] = [call.argument(0), call.argument(1)];
      if (delimiter.literal !== undefined && delimiter.literal.length !== 1) {
        throw delimiter.problem('a text of exactly one character');
      }
      return scope => {
        const text = source.text(scope);
        const between = delimiterOf(delimiter.text(scope), delimiter);
        if (text === null) return null;
        const items = text.split(between).map(item => item.trim());
        return listOf(items.filter(item => item !== ''));
      };
    },
  },
};

function delimiterOf(text: string | null, delimiter: Argument): string {
  if (text?.length === 1) return text;
  throw delimiter.failure('not exactly one character');
}
