import type { SeedGroup } from '../directory/types.ts';
import { fixedId, sequence } from './ids.ts';
import type { People, Person } from './people.ts';

export interface ExampleGroup extends SeedGroup {
  readonly id: string;
  readonly members: readonly string[];
  readonly isAssigned: boolean;
}

const DEPARTMENTS = [
  'Engineering',
  'Data & Analytics',
  'Finance',
  'Sales',
  'Operations',
  'Research 🔬',
] as const;
/** Of each department. The first two are assigned by themselves as well: their people are in two groups then. */
const TEAMS = ['Core', 'Insights', 'Support'] as const;
/** Below the first team of the first departments, each within the one before: five levels with the department. */
const SQUADS = ['Squad', 'On-call', 'Night shift'] as const;

/** Employees from here on are in no department. */
const STAFFED = 172;

/** Forty groups. */
export function groups(
  { employees, hazards, guests }: People,
  devices: readonly string[],
  apps: readonly string[],
): ExampleGroup[] {
  return [
    ...organization(employees.slice(0, STAFFED)),
    ...special(employees.slice(STAFFED), hazards, guests, devices, apps),
  ];
}

function organization(staff: readonly Person[]): ExampleGroup[] {
  const made: ExampleGroup[] = [];
  const random = sequence(7);
  const teams = DEPARTMENTS.flatMap(department => TEAMS.map(team => `${department} ${team}`));
  const squadsOf = (team: string): string[] =>
    teams.indexOf(team) % TEAMS.length === 0 && teams.indexOf(team) < 2 * TEAMS.length
      ? SQUADS.map(squad => `${team} ${squad}`)
      : [];
  const places = [...teams, ...teams.flatMap(squadsOf)];
  const placed = new Map<string, string[]>(places.map(name => [name, []]));
  for (const [index, person] of staff.entries()) {
    placed.get(places[index % places.length] ?? '')?.push(person.id);
    // Some people belong to a second team.
    if (random() < 0.15) placed.get(teams[Math.floor(random() * teams.length)] ?? '')?.push(person.id);
  }
  for (const department of DEPARTMENTS) {
    const nested = TEAMS.map(team => groupId(`${department} ${team}`));
    // Heads are direct members, so that a department is more than the sum of its teams.
    made.push(
      group(department, true, [
        ...nested,
        ...staff.filter((_, index) => index % 29 === made.length).map(({ id }) => id),
      ]),
    );
  }
  for (const [index, team] of teams.entries()) {
    const [squad] = squadsOf(team);
    const below = squad === undefined ? [] : [groupId(squad)];
    made.push(group(team, index % TEAMS.length === 1, [...(placed.get(team) ?? []), ...below]));
    for (const [level, name] of squadsOf(team).entries()) {
      const next = squadsOf(team)[level + 1];
      made.push(
        group(name, false, [...(placed.get(name) ?? []), ...(next === undefined ? [] : [groupId(next)])]),
      );
    }
  }
  return made;
}

/** What real directories have besides an organization chart. */
function special(
  rest: readonly Person[],
  hazards: readonly Person[],
  guests: readonly Person[],
  devices: readonly string[],
  apps: readonly string[],
): ExampleGroup[] {
  const ids = (list: readonly Person[]): string[] => list.map(({ id }) => id);
  const some = (from: number, to: number): string[] => ids(rest.slice(from, to));
  const steering = 'Steering committee';
  const board = 'Advisory board';
  return [
    // Two groups of one display name, both assigned: the older one gets it, the other is held.
    { ...group('Data Science', true, some(0, 6), 'first'), createdDateTime: '2019-03-01T08:00:00Z' },
    { ...group('Data Science', true, some(4, 9), 'second'), createdDateTime: '2023-11-20T16:30:00Z' },
    // Each is a member of the other.
    group(steering, true, [...some(9, 12), groupId(board)]),
    group(board, false, [...ids(guests.slice(15, 18)), groupId(steering)]),
    group('Lab machines', true, [...some(12, 15), ...devices]),
    group('Automation', true, [...some(15, 16), ...apps]),
    group('Newcomers', true, []),
    group('O\'Reilly\'s "Équipe Données" 🎓', true, ids(hazards)),
    group('External partners', true, ids(guests)),
    // Assigned to something else: those who are only in here stay out of scope.
    group('Coffee club ☕', false, some(16, 34)),
  ];
}

function group(
  displayName: string,
  isAssigned: boolean,
  members: readonly string[],
  which = '',
): ExampleGroup {
  return {
    id: groupId(displayName, which),
    displayName,
    securityEnabled: true,
    createdDateTime: '2021-06-15T09:00:00Z',
    members: [...new Set(members)],
    isAssigned,
  };
}

export function groupId(displayName: string, which = ''): string {
  return fixedId(`group ${displayName}${which}`);
}
