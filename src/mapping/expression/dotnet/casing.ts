/**
 * Letter case as .NET maps it: each character on its own, to one character of the same length. So "ß" stays "ß" in
 * upper case, and a sigma does not depend on its place in the word (.NET runtime documentation, "Casing operations").
 */
type CaseMapping = (text: string) => string;

/** Lower-case letters that the invariant culture leaves alone, though Unicode maps them to ASCII letters. */
const invariantExceptions = new Set(['ı', 'ſ']);

/** @param culture a name such as "tr-TR"; undefined or empty: the invariant culture */
export function lowerCase(culture?: string): CaseMapping {
  if (isTurkic(culture)) return text => mapEach(text, letter => letter.toLocaleLowerCase('tr'));
  const dotted = culture ? 'i' : 'İ';
  return text => mapEach(text, letter => (letter === 'İ' ? dotted : letter.toLowerCase()));
}

/** @param culture a name such as "tr-TR"; undefined or empty: the invariant culture */
export function upperCase(culture?: string): CaseMapping {
  if (isTurkic(culture)) return text => mapEach(text, letter => letter.toLocaleUpperCase('tr'));
  if (!culture) return text => mapEach(text, letter => letter.toUpperCase(), invariantExceptions);
  return text => mapEach(text, letter => letter.toUpperCase());
}

/** Whether the text can be the name of a culture. */
export function isCulture(name: string): boolean {
  return name === '' || /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(name);
}

function isTurkic(culture: string | undefined): boolean {
  return culture !== undefined && /^(tr|az)(-|$)/i.test(culture);
}

function mapEach(text: string, map: CaseMapping, exceptions?: ReadonlySet<string>): string {
  const letters = Array.from(text, letter => {
    if (exceptions?.has(letter)) return letter;
    const mapped = map(letter);
    return mapped.length === letter.length ? mapped : letter;
  });
  return letters.join('');
}

const invariantLower = lowerCase();
const invariantUpper = upperCase();
const letter = /^\p{L}$/u;
const wordSeparator = /^[\p{Z}\p{Cc}\p{Cf}\p{P}\p{S}]$/u;

/**
 * Every word with a capital and the rest in lower case, by the words of .NET's ToTitleCase: the first letter counts,
 * also after digits ("2Nd"), and an apostrophe is part of the word ("O'brien").
 */
export function titleCase(text: string): string {
  let isInWord = false;
  const letters = Array.from(invariantLower(text), character => {
    if (isInWord) {
      isInWord = character === "'" || !wordSeparator.test(character);
      return character;
    }
    isInWord = letter.test(character);
    return isInWord ? invariantUpper(character) : character;
  });
  return letters.join('');
}

/** As {@link titleCase}, with words that end at the given characters and nowhere else. */
export function titleCaseBetween(text: string, separators: string): string {
  let isStart = true;
  const letters = Array.from(invariantLower(text), character => {
    const written = isStart ? invariantUpper(character) : character;
    isStart = separators.includes(character);
    return written;
  });
  return letters.join('');
}
