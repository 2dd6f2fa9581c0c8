import type { SeedUser } from '../directory/types.ts';
import { fixedId, sequence } from './ids.ts';

export interface Person extends SeedUser {
  readonly id: string;
}

export const DOMAIN = 'contoso.com';
const TENANT_DOMAIN = 'contoso.onmicrosoft.com';

/** Names as directories have them: apostrophes, hyphens, diacritics, blanks, letters of other scripts. */
const GIVEN_NAMES = [
  ...['Ada', 'Zoë', 'Siobhán', 'Łukasz', 'José', 'Ángela', 'Nguyễn', 'Søren', 'Ayşe', 'Björn'],
  ...['Chloé', 'Dmitri', 'Eleni', 'Fatima', 'Giulia', 'Hana', 'Ivana', 'Jürgen', 'Keiko', 'Léa'],
  ...['Mårten', 'Noor', 'Oluwaseun', 'Priya', 'Quentin', 'Rosalía', 'Štěpán', 'Tomás', 'Ulrike', 'Vikram'],
  ...['Wangari', 'Ximena', 'Yusuf', 'Zsófia', 'Mary Jane', 'D’Arcy'],
];
const SURNAMES = [
  ...[
    "O'Brien",
    'Müller',
    'García Márquez',
    'Nowak',
    "D'Angelo",
    'Åkesson',
    'Çelik',
    'Dvořák',
    'Eriksson',
    'Ferrán',
  ],
  ...[
    'Grünwald',
    'Hernández',
    'Ito',
    'Jørgensen',
    'Kowalczyk',
    'Lefèvre',
    "M'Baye",
    'Németh',
    'Okafor',
    'Papadopoulos',
  ],
  ...['Quiñones', 'Rønning', 'Smith-Jones', 'Ţurcanu', 'Ueda', 'van der Berg', 'Weiß', 'Xu', 'Yıldız', 'Żuk'],
];

const MEMBERS = 218;
const DISABLED = 12;

/** 218 employees, 12 of them disabled and 10 without mail, made of the lists above. */
function employees(): Person[] {
  const random = sequence(2_024);
  return Array.from({ length: MEMBERS }, (_, index) => {
    const givenName = GIVEN_NAMES[Math.floor(random() * GIVEN_NAMES.length)] ?? '';
    const surname = SURNAMES[Math.floor(random() * SURNAMES.length)] ?? '';
    // The number keeps two people of one name apart, as directories do.
    const alias = `${ascii(givenName)}.${ascii(surname)}${index + 1}`;
    const userPrincipalName = `${alias}@${DOMAIN}`;
    return {
      id: fixedId(userPrincipalName),
      userPrincipalName,
      displayName: `${givenName} ${surname}`,
      givenName,
      surname,
      mail: index % 22 === 7 ? null : userPrincipalName,
      accountEnabled: !(index % 18 === 5 && index / 18 < DISABLED),
      userType: 'Member',
    };
  });
}

/** Each stands for a way in which a name has broken somebody's provisioning. */
function hazards(): Person[] {
  const named = (userPrincipalName: string, rest: Partial<SeedUser>): Person => ({
    id: fixedId(userPrincipalName),
    userPrincipalName,
    givenName: null,
    surname: null,
    mail: userPrincipalName,
    accountEnabled: true,
    userType: 'Member',
    ...rest,
  });
  return [
    named(`sean.o'reilly@${DOMAIN}`, {
      displayName: "Seán O'Reilly",
      givenName: 'Seán',
      surname: "O'Reilly",
    }),
    named(`Upper.Case@Contoso.com`, { displayName: 'Upper CASE', givenName: 'Upper', surname: 'CASE' }),
    named(`sam.rivera@${DOMAIN}`, { displayName: 'Sam Rivera 🚀', givenName: 'Sam', surname: 'Rivera 🚀' }),
    named(`family@${DOMAIN}`, { displayName: '👩‍👩‍👧‍👦 Front desk' }),
    named(`chen.wei@${DOMAIN}`, { displayName: '陳偉 "David"', givenName: '偉', surname: '陳' }),
    named(`layla.haddad@${DOMAIN}`, { displayName: 'ليلى حداد', givenName: 'ليلى', surname: 'حداد' }),
    named(`back.slash@${DOMAIN}`, { displayName: 'Back\\slash (R&D) <x>; "quoted"' }),
    named(`single@${DOMAIN}`, { displayName: 'Prince' }),
    named(`no.mail@${DOMAIN}`, { displayName: 'No Mail', mail: null }),
    named(`combining@${DOMAIN}`, {
      displayName: 'Ame\u0301lie Combining',
      givenName: 'Ame\u0301lie',
      surname: 'Combining',
    }),
    named(`scanner-3f@${TENANT_DOMAIN}`, { displayName: 'Scanner, 3rd floor', mail: null }),
    named(`name_with.under-score@${DOMAIN}`, { displayName: `${'Long '.repeat(24)}Name` }),
  ];
}

/** Guests: Entra stores their own address mangled, and Databricks has to get it back. */
function guests(): Person[] {
  const addresses = [
    'ines.silva@fabrikam.com',
    'li_wei@adatum.com',
    "mairead.o'neill@fabrikam.com",
    'Kofi.Mensah@Northwind.example',
    'a.b-c@tailspin.example',
    'renée.dupont@fabrikam.com',
    'guest.one@adatum.com',
    'guest.two@adatum.com',
    'guest.three@adatum.com',
    'x_y_z@adatum.com',
    'contractor@wingtip.example',
    'auditor@wingtip.example',
    'm.rossi@fabrikam.com',
    'p.novak@northwind.example',
    't.lam@tailspin.example',
    'j.doe@wingtip.example',
    'emeritus@proseware.example',
    'advisor@proseware.example',
    'left@proseware.example',
    'disabled.guest@proseware.example',
  ];
  return addresses.map((address, index) => {
    const userPrincipalName = `${address.replace('@', '_')}#EXT#@${TENANT_DOMAIN}`;
    return {
      id: fixedId(userPrincipalName),
      userPrincipalName,
      displayName: `${address.split('@')[0]} (guest)`,
      givenName: null,
      surname: null,
      mail: index % 5 === 4 ? null : address,
      accountEnabled: index < addresses.length - 2,
      userType: 'Guest',
    };
  });
}

/** Only what a mail alias holds in practice: letters, digits, dot, hyphen and apostrophe. */
function ascii(name: string): string {
  const plain: Record<string, string> = { Ł: 'L', ł: 'l', ø: 'o', Ø: 'O', ß: 'ss', ı: 'i', ş: 's' };
  return [...name.normalize('NFD')]
    .map(char => plain[char] ?? char)
    .join('')
    .replace(/[^a-zA-Z'-]/g, '')
    .toLowerCase();
}

export interface People {
  readonly employees: readonly Person[];
  readonly hazards: readonly Person[];
  readonly guests: readonly Person[];
  readonly all: readonly Person[];
}

export function people(): People {
  const groups = { employees: employees(), hazards: hazards(), guests: guests() };
  return { ...groups, all: [...groups.employees, ...groups.hazards, ...groups.guests] };
}
