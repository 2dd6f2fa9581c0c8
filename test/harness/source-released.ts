import type { World } from './world-types.ts';

/** Lets minutes pass, in which nothing but a probe can happen, until the source is out of quarantine. */
export async function sourceReleased(world: World): Promise<void> {
  for (let minutes = 0; (await world.state.source.read()).quarantine !== undefined; minutes += 1) {
    if (minutes > 15) throw new Error(`still in quarantine\n${world.logs.slice(-20).join('\n')}`);
    world.clock.advance(57_000);
    await world.pass(3_000);
  }
}
