import { randomInt, randomUUID } from 'node:crypto';
import type { Argument, Call, FunctionDefinition } from '../definition.ts';

const longest = 256;

/** As in Windows passwords, to which Entra's documentation refers. */
const classes = {
  numbers: '0123456789',
  special: '\'-!"#$%&()*,./:;?@[]^_`{|}~+<=>',
  capital: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  lower: 'abcdefghijklmnopqrstuvwxyz',
};

const minima = ['minimumNumbers', 'minimumSpecialCharacters', 'minimumCapital', 'minimumLowerCase'] as const;

export const randomFunctions: Readonly<Record<string, FunctionDefinition>> = {
  Guid: { parameters: [], volatile: true, compile: () => () => randomUUID() },

  RandomString: {
    parameters: ['length', ...minima, 'charactersToAvoid?'],
    volatile: true,
    compile: call => {
      const length = literalCount(call.argument(0));
      const avoid = call.optional(5);
      if (avoid !== undefined && avoid.literal === undefined) throw avoid.problem('a text');
      const wanted = Object.values(classes).map((characters, index) => ({
        least: literalCount(call.argument(index + 1)),
        characters: [...characters].filter(character => !avoid?.literal?.includes(character)).join(''),
      }));
      check(call, length, wanted);
      return () => randomText(length, wanted);
    },
  },
};

interface CharacterClass {
  readonly least: number;
  readonly characters: string;
}

function literalCount(argument: Argument): number {
  const { node } = argument;
  if (node.kind === 'number' && typeof node.value === 'bigint' && node.value >= 0n && node.value <= longest) {
    return Number(node.value);
  }
  throw argument.problem(`a number from 0 to ${longest}, written out`);
}

function check(call: Call, length: number, wanted: readonly CharacterClass[]): void {
  const least = wanted.reduce((sum, { least }) => sum + least, 0);
  if (length < 1) throw call.argument(0).problem('1 or more');
  if (least > length)
    throw call.problem(`a length of at least ${least}`, 'the minima need more than the length');
  if (wanted.some(({ least, characters }) => least > 0 && characters === '') || fillersOf(wanted) === '') {
    throw call.problem('fewer characters to avoid', 'no character is left to choose from');
  }
}

/** Guess: what the minima leave open is filled from the classes that have one, or else with letters and digits. */
function fillersOf(wanted: readonly CharacterClass[]): string {
  const asked = wanted.filter(({ least }) => least > 0);
  const used = asked.length > 0 ? asked : wanted.filter((_, index) => index !== 1);
  return used.map(({ characters }) => characters).join('');
}

function randomText(length: number, wanted: readonly CharacterClass[]): string {
  const chosen = wanted.flatMap(({ least, characters }) =>
    Array.from({ length: least }, () => pick(characters)),
  );
  const fillers = fillersOf(wanted);
  while (chosen.length < length) chosen.push(pick(fillers));
  for (let last = chosen.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1);
    [chosen[last], chosen[other]] = [chosen[other] ?? '', chosen[last] ?? ''];
  }
  return chosen.join('');
}

function pick(characters: string): string {
  return characters.charAt(randomInt(characters.length));
}
