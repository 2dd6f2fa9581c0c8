import { type FunctionDefinition, ofText } from '../definition.ts';
import { isCulture, lowerCase, titleCase, titleCaseBetween, upperCase } from '../dotnet/casing.ts';
import { withoutDiacritics } from './diacritics.ts';

const upper = upperCase();

export const textFunctions: Readonly<Record<string, FunctionDefinition>> = {
  Append: {
    parameters: ['source', 'suffix'],
    compile: call => {
      const [source, suffix] = [call.argument(0), call.argument(1)];
      return scope => {
        const text = source.text(scope);
        return text === null ? null : text + (suffix.text(scope) ?? '');
      };
    },
  },

  CStr: {
    parameters: ['value'],
    compile: call => {
      const value = call.argument(0);
      return scope => value.text(scope);
    },
  },

  InStr: {
    parameters: ['value1', 'value2', 'start?', 'compareType?'],
    words: { 'compareType?': ['vbBinaryCompare', 'vbTextCompare'] },
    compile: call => {
      const [hay, needle] = [call.argument(0), call.argument(1)];
      const [start, compare] = [call.optional(2), call.optional(3)];
      if (compare !== undefined && compare.node.kind !== 'word') {
        throw compare.problem('vbTextCompare or vbBinaryCompare, without quotation marks');
      }
      const folded = compare?.node.kind === 'word' && compare.node.value === 'vbTextCompare' ? upper : same;
      return scope => {
        const [text, wanted] = [hay.text(scope), needle.text(scope)];
        const from = start?.count(scope) ?? 1;
        if (start !== undefined && from < 1) throw start.failure('less than 1');
        if (text === null || wanted === null) return null;
        if (from > text.length) return 0n;
        return BigInt(folded(text).indexOf(folded(wanted), from - 1) + 1);
      };
    },
  },

  Left: {
    parameters: ['string', 'numChars'],
    compile: call => {
      const [string, numChars] = [call.argument(0), call.argument(1)];
      return scope => {
        const text = string.text(scope) ?? '';
        const count = numChars.count(scope);
        return count < 0 ? text : text.slice(0, count);
      };
    },
  },

  Mid: {
    parameters: ['source', 'start', 'length'],
    compile: call => {
      const [source, start, length] = [call.argument(0), call.argument(1), call.argument(2)];
      if (start.node.kind === 'number' && start.node.value < 1n) {
        throw start.problem('1 or more', 'the first character has the index 1');
      }
      return scope => {
        const from = start.count(scope) - 1;
        if (from < 0) throw start.failure('less than 1');
        const count = length.count(scope);
        if (count < 0) throw length.failure('less than 0');
        return source.text(scope)?.slice(from, from + count) ?? null;
      };
    },
  },

  NormalizeDiacritics: ofText('source', withoutDiacritics),

  PCase: {
    parameters: ['source', 'wordSeparators?'],
    compile: call => {
      const [source, separators] = [call.argument(0), call.optional(1)];
      return scope => {
        const text = source.text(scope);
        if (text === null) return null;
        const between = separators?.text(scope);
        return between ? titleCaseBetween(text, between) : titleCase(text);
      };
    },
  },

  StripSpaces: ofText('source', text => text.replaceAll(' ', '')),
  ToLower: casing(lowerCase),
  ToUpper: casing(upperCase),

  Word: {
    parameters: ['string', 'wordNumber', 'delimiters'],
    compile: call => {
      const [string, wordNumber, delimiters] = [call.argument(0), call.argument(1), call.argument(2)];
      if (delimiters.literal === '') throw delimiters.problem('at least one character');
      return scope => {
        const text = string.text(scope) ?? '';
        const number = wordNumber.count(scope);
        const between = new Set(delimiters.text(scope) ?? '');
        if (number < 1) return '';
        return wordsOf(text, between)[number - 1] ?? '';
      };
    },
  },
};

const same = (text: string): string => text;

function casing(mapping: (culture?: string) => (text: string) => string): FunctionDefinition {
  return {
    parameters: ['source', 'culture?'],
    compile: call => {
      const [source, culture] = [call.argument(0), call.optional(1)];
      if (culture !== undefined && (culture.literal === undefined || !isCulture(culture.literal))) {
        throw culture.problem('the name of a culture as text, such as "tr-TR"');
      }
      const map = mapping(culture?.literal);
      return scope => {
        const text = source.text(scope);
        return text === null ? null : map(text);
      };
    },
  };
}

/** Guess: delimiters in a row separate only once, so no word is empty. Entra's documentation shows no such text. */
function wordsOf(text: string, delimiters: ReadonlySet<string>): readonly string[] {
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    if (!delimiters.has(character)) word += character;
    else if (word !== '') {
      words.push(word);
      word = '';
    }
  }
  return word === '' ? words : [...words, word];
}
