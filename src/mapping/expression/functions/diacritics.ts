/** What Entra's table replaces although Unicode does not take it apart, with upper case where the table has it. */
const spelt = new Map([
  ['æ', 'ae'],
  ['Æ', 'AE'],
  ['œ', 'oe'],
  ['Œ', 'OE'],
  ['ø', 'oe'],
  ['Ø', 'OE'],
  ['ß', 'ss'],
  ['ł', 'l'],
  ['Ł', 'L'],
  ['ı', 'i'],
]);

const marks = /(\p{Script=Latin})\p{M}+/gu;
const special = new RegExp(`[${[...spelt.keys()].join('')}]`, 'g');

/**
 * The text without the marks on Latin letters (Microsoft Learn, "Reference for writing expressions", NormalizeDiacritics:
 * the table there is a subset of what Unicode can take apart). Marks of other scripts stay, because in Devanagari or
 * Japanese they are no decoration; so do letters that neither Unicode nor the table takes apart, such as "đ".
 */
export function withoutDiacritics(text: string): string {
  return text
    .normalize('NFD')
    .replace(marks, '$1')
    .replace(special, letter => spelt.get(letter) ?? letter)
    .normalize('NFC');
}
