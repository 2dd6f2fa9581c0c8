import type { Arm, Armed, Chaos } from './chaos.ts';
import type { Seam } from './seams.ts';

/** Fails the next so many sends, deliveries or settlements. */
function failing({ seams }: Chaos, seam: Seam, times: number): Armed {
  let left = times;
  const end = seams.listen(seam, () => {
    left -= 1;
    if (left === 0) end();
    throw new Error('the broker cannot do that just now');
  });
  return { struck: () => times - left, end };
}

/** The broker's clock runs ahead of everybody else's, or behind it. */
function skewed({ world, seams }: Chaos, ms: number, draw: number): Armed {
  const { broker } = world.cloud;
  let felt = 0;
  const end = seams.listen('deliver', () => {
    felt += 1;
  });
  broker.activationSkewMs = ms;
  return {
    until: Date.now() + 20_000 + (draw % 4) * 20_000,
    struck: () => felt,
    end: () => {
      broker.activationSkewMs = 0;
      end();
    },
  };
}

export const queueFaults = {
  'send refused': (chaos, draw) => failing(chaos, 'send', 1 + (draw % 3)),
  'delivery lost': (chaos, draw) => failing(chaos, 'deliver', 1 + (draw % 2)),
  'settlement lost': (chaos, draw) => failing(chaos, 'settle', 1 + (draw % 3)),
  'broker clock ahead': (chaos, draw) =>
    chaos.world.cloud.broker.activationSkewMs === 0 ? skewed(chaos, 500 + (draw % 5) * 500, draw) : undefined,
  'broker clock behind': (chaos, draw) =>
    chaos.world.cloud.broker.activationSkewMs === 0
      ? skewed(chaos, -1_000 - (draw % 25) * 1_000, draw)
      : undefined,
  'broker unreachable': async ({ world }, draw) => {
    const { broker } = world.cloud;
    await broker.setUnreachable(true);
    return {
      until: Date.now() + (draw % 4) * 2_000,
      struck: () => 1,
      end: () => broker.setUnreachable(false),
    };
  },
} as const satisfies Readonly<Record<string, Arm>>;
