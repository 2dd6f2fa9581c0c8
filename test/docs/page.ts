import { readFileSync } from 'node:fs';

/** A page of documentation, as far as tests keep it in step with the code. */
export interface Page {
  readonly text: string;
  /** The cells of all table rows below a heading, up to the next heading of the same or a higher level. */
  rows(heading: string): readonly (readonly string[])[];
  /** The content of the code block that is marked with that word. */
  block(mark: string): string;
}

/** @param path below the top folder */
export function readPage(path: string): Page {
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  return {
    text,
    rows: heading => rowsOf(sectionOf(text, heading)),
    block: mark => new RegExp(`^\`\`\`jsonc ${mark}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(text)?.[1] ?? '',
  };
}

/** The text between backticks, where a cell is nothing else. */
export function code(cell: string | undefined): string {
  return /^`([^`]+)`$/.exec(cell ?? '')?.[1] ?? '';
}

function sectionOf(text: string, heading: string): string {
  const lines = text.split('\n');
  const start = lines.findIndex(line => line.replace(/^#+ /, '') === heading && line.startsWith('#'));
  if (start < 0) throw new Error(`there is no heading ${heading}`);
  const level = lines[start]?.indexOf(' ') ?? 0;
  const length = lines.slice(start + 1).findIndex(line => /^#+ /.test(line) && line.indexOf(' ') <= level);
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join('\n');
}

function rowsOf(section: string): string[][] {
  return section
    .split('\n')
    .filter(line => line.startsWith('| ') || line.startsWith('|-'))
    .filter((line, index, lines) => !/^\|[-|]+$/.test(line) && !/^\|[-|]+$/.test(lines[index + 1] ?? ''))
    .map(line =>
      line
        .replace(/^\| ?| ?\|$/g, '')
        .split(/(?<!\\)\|/)
        .map(cell => cell.trim().replaceAll('\\|', '|')),
    );
}
