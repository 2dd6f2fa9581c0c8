/** Characters of an excerpt. A dead letter's description holds 4,096, and has more to say. */
const LONGEST = 300;
/** Of a word: a GUID has 36. */
const LONGEST_WORD = 60;
/** Characters of a text that are read at all. */
const LONGEST_READ = 4_000;

/**
 * What may be told of a text that somebody else wrote, such as the body of a refused request: the words that refusals
 * are made of, attribute names, ids and small numbers. Everything else may be somebody's name, address or secret, and
 * becomes `…`; so does whatever stands in quotes, unless it is an attribute name or an id.
 *
 * Words are let through by a list, not kept back by patterns: a name that looks like any other word is nothing that a
 * pattern could find.
 */
export function excerptOf(text: string): string {
  const unquoted = text.slice(0, LONGEST_READ).replace(QUOTED, (_, quoted: string) => {
    const content = quoted.slice(1, -1);
    return isAttribute(content) || isId(content) ? ` ${content} ` : ' … ';
  });
  let isFirst = true;
  const words: string[] = [];
  for (const [part] of unquoted.matchAll(PART)) {
    const [, word = '', end = ''] = WORD_AND_END.exec(part) ?? [];
    const told = isTold(word, isFirst) ? word : '…';
    isFirst = /[.:;!?]$/.test(end);
    if (told === '…' && words.at(-1) === '…') continue;
    words.push(told === '…' ? told : told + end);
  }
  return cut(words.join(' '));
}

/** Pairs of quotation marks, and what stands between them. An apostrophe within a word opens nothing. */
const QUOTED =
  /((?<![\p{L}\p{N}])'[^']*'(?![\p{L}\p{N}])|"[^"]*"|`[^`]*`|“[^”]*”|‘[^’]*’|«[^»]*»|„[^“”]*[“”])/gu;
const PART = /\S+/g;
const WORD_AND_END = /^[([{<]*(.*?)([)\]}>]{0,2}[.,:;!?]{0,3})$/s;

function isTold(word: string, isFirst: boolean): boolean {
  if (word.length > LONGEST_WORD) return false;
  if (isId(word) || isAttribute(word) || PROPER.has(word)) return true;
  if (/^[a-z]+(-[a-z]+)*$/.test(word)) return word.split('-').every(part => WORDS.has(part));
  if (isFirst && /^[A-Z][a-z]*$/.test(word)) return WORDS.has(word.toLowerCase());
  return /^[A-Z]+(_[A-Z]+)+$/.test(word) && word.split('_').every(part => WORDS.has(part.toLowerCase()));
}

/** A GUID, a SCIM id as Databricks makes them, a status or a small number. A telephone number has some 7 to 13 digits. */
function isId(word: string): boolean {
  return /^(\d{1,5}|\d{14,20}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.test(word);
}

function isAttribute(word: string): boolean {
  const parts = word.split('.');
  return parts.length <= 3 && parts.every(part => ATTRIBUTES.has(part));
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, text.lastIndexOf(' ', LONGEST - 2))} …`;
}

const ATTRIBUTES = new Set(
  `active applicationId displayName emails entitlements externalId familyName givenName groups id members meta name
  Operations op path ref roles schemas type userName username value`.split(/\s+/),
);

/** Capitalised wherever they stand. */
const PROPER = new Set(
  `API Databricks DELETE Entra GET Group Groups HTTP ID JSON PATCH POST PUT SCIM ServicePrincipal ServicePrincipals
  TLS UPN User Users`.split(/\s+/),
);

const WORDS = new Set(
  `a about above access account accounts active add added adding address admin admins after again all allowed allow
  already also an and another any application are argument as assign assigned assignment at attempt attribute
  attributes authentication authorization automatic automatically backend bad be because been before being between
  body both but by call called can cannot case cause certificate change changed characters check circular client
  closed code combination concurrent condition conflict connect connection contact contain contained contains content
  correct could create created creates credential credentials current cycle cycles data deactivate deactivated deadline
  default delete deleted denied dependency deprecated describe did different directly directory disable disabled
  does domain duplicate duplicated during each either element elements email emails empty enable enabled endpoint
  endpoints enough entitlement entitlements entity error errors exactly exceed exceeded exceeds exist existing exists
  expected expired expression external failed failure feature field fields filter followed for forbidden format found
  from full gateway given greater group groups guid has have held host id identifier identities identity if illegal
  immutable in inactive incorrect inherited input inside insufficient integer internal into invalid is issue it item
  items its itself key known large last later least length less level like limit limited limits list load locked long
  longer malformed managed management many match matches matching maximum may member members membership memberships
  message method minimum mismatch missing mode modified modify more most multiple must mutability name named names
  nested nesting network new next no none not nothing null number object objects occurred of off on once one only
  operation operations or order other out over owner page parameter parameters parent parse part path patch pending
  per permission permissions permitted please policy present previous principal principals processed processing
  property protected protocol provide provided provisioned quota range rate reach reached read reason received
  record recursive reference refused rejected remove removed removing rename renamed replace replaced request
  requested requests required requires reserved resource resources response restricted retry role roles same schema
  schemas scope search see self send sent server service set should single size some source specified standard state
  status string such support supported syntactically syntax system take taken target temporarily temporary than that
  the their then there this through throttled time timeout times to token too try trying twice two type unable
  unassigned unauthorized unavailable unexpected unique uniqueness unknown unparsable unprocessable unrecognized
  unsupported until update updated updating upper use used user username users using validation valid value values
  version via violated violation wait was when where which while will with within without workspace workspaces would
  write wrong you your`.split(/\s+/),
);
