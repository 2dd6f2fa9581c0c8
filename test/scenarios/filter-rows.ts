/** Properties of a user, as Graph names them. */
export type Source = Readonly<Record<string, unknown>>;

/** One operator on one attribute, and the users that it lets through and keeps out. */
export interface FilterRow {
  readonly clause: {
    readonly attribute: string;
    readonly operator: string;
    readonly value?: string | number;
  };
  readonly passes: readonly Source[];
  readonly fails: readonly Source[];
}

const department = (value: string | null): Source => ({ department: value });
const employeeId = (value: string | null): Source => ({ employeeId: value });
const extension = (extensionAttribute1: string | null): Source => ({
  onPremisesExtensionAttributes: { extensionAttribute1 },
});
const NONE = department(null);

/**
 * The incumbent's operators with its case rules and null rules (Microsoft Learn, "Scoping users or groups to be
 * provisioned with scoping filters"), and the types that it cannot compare: several values, dates.
 */
export const FILTER_ROWS: readonly FilterRow[] = [
  {
    clause: { attribute: 'department', operator: 'EQUALS', value: 'Sales' },
    passes: [department('Sales')],
    fails: [department('sales'), department('Sales EMEA'), NONE],
  },
  {
    clause: { attribute: 'department', operator: 'NOT EQUALS', value: 'Sales' },
    passes: [department('sales'), department('Legal')],
    fails: [department('Sales'), NONE],
  },
  {
    clause: { attribute: 'department', operator: 'INCLUDES', value: 'ale' },
    passes: [department('Sales')],
    fails: [department('sALEs'), NONE],
  },
  {
    clause: { attribute: 'extensionAttribute1', operator: 'Includes', value: 'db' },
    passes: [extension('wants db access')],
    fails: [extension('wants DB access'), extension(null)],
  },
  {
    clause: { attribute: 'department', operator: 'ENDS_WITH', value: '-EU' },
    passes: [department('Sales-EU')],
    fails: [department('Sales-eu'), department('-EU Sales'), NONE],
  },
  {
    clause: { attribute: 'department', operator: 'REGEX MATCH', value: '^[A-Z]{2}-\\d+$' },
    passes: [department('DE-10')],
    fails: [department('de-10'), department('x DE-10'), NONE],
  },
  {
    clause: { attribute: 'department', operator: 'NOT REGEX MATCH', value: '^(?:Temp|Vendor)' },
    passes: [department('Sales'), department('temp')],
    fails: [department('Temporary'), NONE],
  },
  {
    clause: { attribute: 'department', operator: 'IS NULL' },
    passes: [NONE, {}, department('')],
    fails: [department('Sales')],
  },
  {
    clause: { attribute: 'department', operator: 'IS NOT NULL' },
    passes: [department('Sales')],
    fails: [NONE, {}, department('')],
  },
  {
    clause: { attribute: 'isResourceAccount', operator: 'IS TRUE' },
    passes: [{ isResourceAccount: true }],
    fails: [{ isResourceAccount: false }, { isResourceAccount: null }],
  },
  {
    clause: { attribute: 'isResourceAccount', operator: 'IS FALSE' },
    passes: [{ isResourceAccount: false }],
    fails: [{ isResourceAccount: true }, { isResourceAccount: null }],
  },
  {
    // As numbers: as a text, 10 would be less than 9.
    clause: { attribute: 'employeeId', operator: 'Greater_Than', value: 9 },
    passes: [employeeId('10')],
    fails: [employeeId('9'), employeeId('-10'), employeeId('ten'), employeeId(null)],
  },
  {
    clause: { attribute: 'employeeId', operator: 'Greater_Than_OR_EQUALS', value: 9 },
    passes: [employeeId('9'), employeeId('10')],
    fails: [employeeId('8'), employeeId(null)],
  },
  {
    clause: { attribute: 'employeeId', operator: '&', value: 6 },
    passes: [employeeId('2'), employeeId('14')],
    fails: [employeeId('9'), employeeId('six'), employeeId(null)],
  },
  {
    clause: { attribute: 'employeeId', operator: '!&', value: 6 },
    passes: [employeeId('9')],
    fails: [employeeId('2'), employeeId('six'), employeeId(null)],
  },
  {
    // Of several values one is enough.
    clause: { attribute: 'otherMails', operator: 'ENDS_WITH', value: '@partner.example' },
    passes: [{ otherMails: ['a@contoso.com', 'b@partner.example'] }],
    fails: [{ otherMails: ['a@contoso.com'] }, { otherMails: [] }],
  },
  {
    // For a negated operator none of them may be it.
    clause: { attribute: 'otherMails', operator: 'NOT EQUALS', value: 'a@contoso.com' },
    passes: [{ otherMails: ['b@partner.example'] }],
    fails: [{ otherMails: ['b@partner.example', 'a@contoso.com'] }, { otherMails: [] }],
  },
  {
    clause: { attribute: 'employeeHireDate', operator: 'Greater_Than', value: '2024-01-31' },
    passes: [{ employeeHireDate: '2024-01-31T00:00:01Z' }],
    fails: [{ employeeHireDate: '2024-01-31T00:00:00Z' }, { employeeHireDate: null }],
  },
];
