import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { runStart } from './program.ts';

test('the tour converges, on ports of its own when the usual ones are taken, and prints one line of JSON', async () => {
  const squatters = await Promise.all([7_071, 7_072, 7_073].map(squat));
  try {
    const program = runStart(['--once', '--json', '--no-limits'], {
      // Exported for other tools: none of it may count.
      DATABRICKS_HOST: 'https://other.example',
      AZURE_CLIENT_ID: 'other',
      AZURE_TENANT_ID: 'other',
      AZURE_CLIENT_SECRET: 'other',
    });
    const code = await program.ended;
    expect(program.stderr()).toContain('converged, with 1 hold for a person to decide');
    expect(code).toBe(0);
    const lines = program
      .stdout()
      .split('\n')
      .filter(line => line !== '');
    expect(lines).toHaveLength(1);
    const result = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    expect(result).toEqual({
      converged: true,
      // 213 of the tenant, one hired; one disabled, one removed from his only group, one deleted.
      users: 211,
      groups: 19,
      memberships: 312,
      changes: [
        'hire',
        'rename user',
        'rename group',
        'join group',
        'join nested group',
        'disable',
        'remove from group',
        'delete',
      ].map(name => ({ name, latencyMs: expect.any(Number) as number })),
      graphRequests: expect.any(Number) as number,
      scimRequests: expect.any(Number) as number,
      deadLettered: 0,
      held: 1,
    });
  } finally {
    for (const squatter of squatters) await new Promise(resolve => squatter?.close(resolve));
  }
  // A whole run in four processes: slow where the machine is busy with other tests as well.
}, 150_000);

/** Takes the port, unless somebody else has it already. */
async function squat(port: number) {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}
