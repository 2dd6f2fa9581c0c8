import { posix } from 'node:path';
import type { Infra } from '../model/infra.ts';
import { at } from '../model/infra.ts';

/** What the compiler would refuse, as far as it can be seen without one. */
export function languageProblems(infra: Infra): string[] {
  const problems: string[] = [];
  for (const [path, template] of infra.templates) {
    const say = (text: string): void => void problems.push(`${path}: ${text}`);
    for (const error of template.errors) say(`not Bicep: ${error}`);
    for (const name of template.undeclared) say(`not declared: ${name}`);
    for (const name of template.unused) say(`not used: ${name}`);
    for (const { path: to, symbol, body } of template.modules) {
      const module = infra.templates.get(posix.join(posix.dirname(path), to));
      if (module === undefined) {
        say(`module ${symbol}: there is no ${to}`);
        continue;
      }
      const given = at(body, 'params');
      const names = given?.kind === 'object' ? [...given.properties.keys()] : [];
      for (const { name, byDefault } of module.parameters)
        if (byDefault === undefined && !names.includes(name)) say(`module ${symbol}: ${name} is not given`);
      for (const name of names)
        if (!module.parameters.some(one => one.name === name)) say(`module ${symbol}: takes no ${name}`);
      for (const used of template.outputsUsed)
        if (used.module === symbol && !module.outputs.has(used.output))
          say(`module ${symbol}: has no output ${used.output}`);
    }
    for (const [, loaded = ''] of infra.text(path).matchAll(/load\w+Content\('([^']+)'\)/g))
      if (!infra.files.has(posix.join(posix.dirname(path), loaded))) say(`there is no ${loaded}`);
  }
  return problems;
}

/** The parameter file gives what has no default, names nothing else, and all environments say the same things. */
export function parameterProblems(infra: Infra): string[] {
  const problems: string[] = [];
  const { parameters } = JSON.parse(infra.text('infra/main.parameters.json')) as {
    parameters: Record<string, { value: string }>;
  };
  const main = infra.template('main');
  for (const { name, byDefault } of main.parameters)
    if (byDefault === undefined && parameters[name] === undefined) problems.push(`${name} is not given`);
  for (const [name, { value }] of Object.entries(parameters)) {
    if (!main.parameters.some(one => one.name === name)) problems.push(`there is no parameter ${name}`);
    // A default here would be a second one beside the template's, and one with braces ends at the first of them.
    if (!/^\$\{[A-Z][A-Z_]*\}$/.test(value)) problems.push(`${name} is not a plain variable`);
  }
  const environments = ['dev', 'test', 'prod'].map(name => {
    const path = `infra/environments/${name}.json`;
    return { path, keys: Object.keys(JSON.parse(infra.text(path)) as object).sort() };
  });
  const used = [...infra.text('infra/main.bicep').matchAll(/\bsizes\.(\w+)/g)].map(([, key = '']) => key);
  const wanted = [...new Set(used)].sort().join();
  for (const { path, keys } of environments)
    if (keys.join() !== wanted) problems.push(`${path} says ${keys.join()}, the template reads ${wanted}`);
  return problems;
}
