/** A route template of an HTTP trigger, ready to match. */
export interface Route {
  /** The decoded parameters when `path` (without query, with the leading slash) is this route. */
  match(path: string): Record<string, string> | undefined;
}

/**
 * Compiles an ASP.NET Core route template under the route prefix: literals, `{name}`, `{name?}`, `{*rest}` and the
 * constraints `int`, `guid` and `alpha`. Literals compare without regard to case.
 *
 * @throws for a constraint that is not imitated.
 */
export function compileRoute(prefix: string, template: string): Route {
  const names: string[] = [];
  const segments = [...split(prefix), ...split(template)].map(segment => {
    const match = /^\{(\*{0,2})([A-Za-z_][\w-]*)(?::([^?}]+))?(\?)?\}$/.exec(segment);
    if (!match) {
      if (segment.includes('{')) throw new Error(`route segment "${segment}" is not imitated`);
      return `/${segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`;
    }
    const [, star, name = '', constraint, optional] = match;
    names.push(name);
    if (star) return '(?:/(.*))?';
    return optional ? `(?:/(${pattern(constraint)}))?` : `/(${pattern(constraint)})`;
  });
  const expression = new RegExp(`^${segments.join('')}/?$`, 'i');
  return {
    match(path) {
      const found = expression.exec(path);
      if (!found) return undefined;
      const params: Record<string, string> = {};
      for (const [index, name] of names.entries()) {
        const value = found[index + 1];
        if (value === undefined) continue;
        try {
          params[name] = decodeURIComponent(value);
        } catch {
          params[name] = value;
        }
      }
      return params;
    },
  };
}

function split(path: string): string[] {
  return path.split('/').filter(segment => segment !== '');
}

function pattern(constraint: string | undefined): string {
  switch (constraint) {
    case undefined:
      return '[^/]+';
    case 'int':
      return '-?\\d+';
    case 'alpha':
      return '[A-Za-z]+';
    case 'guid':
      return '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}';
    default:
      throw new Error(`route constraint "${constraint}" is not imitated`);
  }
}
