import { z } from 'zod';

/** What an error body says, whichever of its shapes it has. */
export interface ErrorBody {
  /** A code: `scimType`, `error_code`, or the `CODE` of a plain `CODE: text`. */
  scimType?: string;
  detail?: string;
  /** It was a JSON object: the SCIM service itself spoke, not something that stands before it. */
  structured: boolean;
}

const LONGEST_DETAIL = 1000;

const word = z
  .string()
  .nullish()
  .transform(value => (value === null || value === '' || value === 'null' ? undefined : value));

const scimBody = z.looseObject({ scimType: word, detail: word });
const platformBody = z.looseObject({ error_code: word, message: word });

/**
 * Reads the error bodies that Databricks sends: SCIM errors, `{error_code, message}` (documented for 2.1), plain
 * `CODE: text`, HTML of whatever proxy stands before it, and nothing at all (databricks-sdk-go, apierr/errors.go).
 * Never throws.
 */
export function parseErrorBody(body: string): ErrorBody {
  const trimmed = body.trim();
  if (trimmed === '') return { structured: false };
  const object = parseObject(trimmed);
  const fields = object === undefined ? plainText(trimmed) : jsonFields(object);
  return {
    scimType: fields.scimType,
    detail: fields.detail?.slice(0, LONGEST_DETAIL),
    structured: object !== undefined,
  };
}

function parseObject(body: string): object | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

type Fields = Omit<ErrorBody, 'structured'>;

function jsonFields(body: object): Fields {
  const platform = platformBody.safeParse(body);
  if (platform.success && (platform.data.error_code ?? platform.data.message) !== undefined) {
    return { scimType: platform.data.error_code, detail: platform.data.message };
  }
  const scim = scimBody.safeParse(body);
  return scim.success ? { scimType: scim.data.scimType, detail: scim.data.detail } : {};
}

function plainText(body: string): Fields {
  const coded = /^([A-Z][A-Z_]*): (.*)$/s.exec(body);
  if (coded) return { scimType: coded[1], detail: coded[2] };
  if (!body.startsWith('<')) return { detail: body };
  const inner =
    /<pre[^>]*>(.*?)<\/pre>/is.exec(body)?.[1] ?? body.replace(/<(script|style).*?<\/\1>/gis, ' ');
  const text = inner
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return text === '' ? {} : { detail: text };
}
