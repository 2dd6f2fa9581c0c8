import { type Problem, valueAt, valueProblem } from './provisioning-config-problems.ts';

type Given = Readonly<Record<string, unknown>>;

/**
 * What the form alone cannot say about the workspaces of one target, and about the way to sign in to what lies outside
 * the SCIM API. Leaves alone what has the wrong form.
 */
export function* workspaceProblems(
  root: unknown,
  path: readonly PropertyKey[],
  target: Given,
): Generator<Problem> {
  yield* assignmentProblems(root, path);
  if (target.kind === 'workspace') return;
  const { method, workspaceResourceId }: Given = Object(target.accountSignIn);
  const at = [...path, 'accountSignIn'];
  if (method === 'token')
    yield valueProblem(
      root,
      [...at, 'method'],
      'it must be "entra" or "oauth": a SCIM token of the account opens its SCIM API and nothing else',
    );
  if (workspaceResourceId !== undefined && method === 'entra')
    yield valueProblem(root, [...at, 'workspaceResourceId'], 'it must be left out at an account');
  if (listOf(target.workspaces).length === 0 || target.accountSignIn !== undefined) return;
  if (Object(target.signIn).method === 'token')
    yield valueProblem(
      root,
      at,
      'workspaces need it beside a SCIM token, which opens the SCIM API and nothing else',
    );
  else if (target.kind === 'workspaceProxy')
    yield valueProblem(
      root,
      at,
      'workspaces need it with kind "workspaceProxy": they are assigned at the account, and not by way of a workspace',
    );
}

function* assignmentProblems(root: unknown, path: readonly PropertyKey[]): Generator<Problem> {
  const admins = new Set(listOf(valueAt(root, ['adminAllowList'])).map(folded));
  const workspaces = new Set<unknown>();
  for (const [index, workspace] of listOf(valueAt(root, [...path, 'workspaces'])).entries()) {
    const at = [...path, 'workspaces', index];
    const { workspaceId, assignments }: Given = Object(workspace);
    if (typeof workspaceId === 'string' && workspaces.has(workspaceId))
      yield valueProblem(root, [...at, 'workspaceId'], 'it stands here twice: one workspace, one list');
    workspaces.add(workspaceId);
    const assigned = new Set<unknown>();
    for (const [number, assignment] of listOf(assignments).entries()) {
      const { objectId, permission }: Given = Object(assignment);
      const here = [...at, 'assignments', number];
      if (typeof objectId !== 'string') continue;
      if (assigned.has(folded(objectId)))
        yield valueProblem(root, [...here, 'objectId'], 'it is assigned to this workspace already');
      assigned.add(folded(objectId));
      if (permission === 'ADMIN' && !admins.has(folded(objectId)))
        yield valueProblem(
          root,
          [...here, 'permission'],
          'only object ids in adminAllowList may become ADMIN, and this one is not in it',
        );
    }
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Ids are GUIDs, in either case. */
function folded(id: unknown): unknown {
  return typeof id === 'string' ? id.toLowerCase() : id;
}
