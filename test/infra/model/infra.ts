import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseTemplate, type Resource, type Template } from './template.ts';
import type { Value } from './values.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Everything that a deployment is made from, by its path below the repository. */
export type Files = ReadonlyMap<string, string>;

export function readFiles(): Files {
  const below = readdirSync(`${ROOT}infra`, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`.replaceAll('\\', '/').slice(ROOT.length));
  return new Map(
    [...below, 'host.json', 'azure.yaml'].map(path => [path, readFileSync(`${ROOT}${path}`, 'utf8')]),
  );
}

/** The parsed templates, and whatever else lies beside them. */
export class Infra {
  readonly templates: ReadonlyMap<string, Template>;
  readonly files: Files;

  constructor(files: Files) {
    this.files = files;
    this.templates = new Map(
      [...files].flatMap(([path, text]) => (path.endsWith('.bicep') ? [[path, parseTemplate(text)]] : [])),
    );
  }

  /** The text of a file. */
  text(path: string): string {
    const text = this.files.get(path);
    if (text === undefined) throw new Error(`there is no ${path}`);
    return text;
  }

  template(name: string): Template {
    const template = this.templates.get(name === 'main' ? 'infra/main.bicep' : `infra/modules/${name}.bicep`);
    if (template === undefined) throw new Error(`there is no template ${name}`);
    return template;
  }

  /** Resources of a type that the templates create. */
  created(type: string): { readonly path: string; readonly resource: Resource }[] {
    return [...this.templates].flatMap(([path, { resources }]) =>
      resources.filter(one => one.type === type && !one.isExisting).map(resource => ({ path, resource })),
    );
  }

  /** The one resource of a type. */
  only(type: string): Resource {
    const found = this.created(type);
    if (found.length !== 1 || found[0] === undefined)
      throw new Error(`${found.length} resources of the type ${type}, and not one`);
    return found[0].resource;
  }
}

/** What is at a path of property names; undefined where there is nothing. */
export function at(value: Value | undefined, path: string): Value | undefined {
  let here = value;
  for (const name of path.split('.')) here = here?.kind === 'object' ? here.properties.get(name) : undefined;
  return here;
}

/** The literal at a path; undefined where there is none, or where it is not a literal. */
export function literalAt(
  value: Value | undefined,
  path: string,
): string | number | boolean | null | undefined {
  const found = at(value, path);
  return found?.kind === 'literal' ? found.value : undefined;
}

/** All strings, names and texts within a value. */
export function* leaves(value: Value): Generator<Exclude<Value, { kind: 'object' | 'array' }>> {
  switch (value.kind) {
    case 'object':
      for (const inner of value.properties.values()) yield* leaves(inner);
      return;
    case 'array':
      for (const inner of value.items) yield* leaves(inner);
      return;
    case 'choice':
      yield* leaves(value.whenTrue);
      yield* leaves(value.whenFalse);
      return;
    case 'each':
      yield* leaves(value.body);
      return;
    default:
      yield value;
  }
}

/** The strings of an array of strings. */
export function strings(value: Value | undefined): string[] {
  if (value?.kind !== 'array') return [];
  return value.items.flatMap(item => (item.kind === 'literal' ? [String(item.value)] : []));
}
