import { type Nameless, type Names, namelessOfKey, namesOf } from '../operations/names.ts';
import type { CommandContext } from './command.ts';
import { jsonText } from './text.ts';

/** Ids as people read them: with the name behind them, where it is known. */
export interface Named extends Names {
  /** @param id of an Entra object */
  readonly id: (id: string) => string;
  /** @param key `user:…` */
  readonly key: (key: string) => string;
  /** What has to be said about names, if anything. */
  readonly lines: readonly string[];
}

export async function named(app: CommandContext['app'], asked: readonly Nameless[]): Promise<Named> {
  const names = await namesOf(app, asked);
  const { byId, trouble } = names;
  const behind = (text: string, id: string): string => {
    const name = byId.get(id);
    return name === undefined ? text : `${text} ${jsonText(name)}`;
  };
  return {
    ...names,
    id: id => behind(id, id),
    key: key => behind(key, namelessOfKey('', key).id),
    lines: trouble === undefined ? [] : [`names are missing: ${trouble}`],
  };
}
