import type { ConfigPart, World } from './world-types.ts';

/** Puts another configuration in place, as a deployment does, and waits until the audit that it leads to has run. */
export async function reconfigured(world: World, config: ConfigPart): Promise<void> {
  const { state, target } = world;
  const before = (await state.targets.read(target)).configuration;
  await world.reconfigure(config);
  await world.fire('reconcile');
  await world.until(
    'the audit of the new configuration is done',
    async () => (await state.targets.read(target)).configuration !== before,
  );
}
