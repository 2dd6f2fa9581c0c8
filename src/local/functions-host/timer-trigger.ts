import type { Binding, TypedData } from './core-types.ts';
import { parseSchedule, type Schedule } from './schedule.ts';

/** Milliseconds between two looks at the wall clock: timers stay true to it when it is moved. */
const TICK_MS = 20;

/** The schedules of the running timer functions. */
export interface Timers {
  add(name: string, binding: Binding): void;
  /** Runs `runOnStartup` functions and starts to look at the clock. */
  start(): void;
  /**
   * Runs a timer function now, as `POST /admin/functions/{name}` does, whether or not it is running already.
   *
   * @throws what the function threw; the real host only logs it.
   */
  invoke(name: string): Promise<void>;
  has(name: string): boolean;
  stop(): void;
}

interface Timer {
  binding: Binding;
  schedule: Schedule;
  last: number | undefined;
  due: number;
  running: boolean;
}

/** @param run invokes a function with the timer's input; its failures are already logged when it rejects. */
export function createTimers(
  run: (name: string, inputs: Record<string, TypedData>) => Promise<unknown>,
  settings: NodeJS.ProcessEnv,
): Timers {
  const timers = new Map<string, Timer>();
  let ticking: NodeJS.Timeout | undefined;

  const call = async (name: string, timer: Timer): Promise<void> => {
    const binding = timer.binding.name ?? name;
    await run(name, { [binding]: { json: JSON.stringify(timerInput(timer)) } });
  };

  /** One timer never overlaps with itself; occurrences that pass meanwhile are skipped, as in the host. */
  const fire = async (name: string, timer: Timer): Promise<void> => {
    timer.running = true;
    timer.last = Date.now();
    try {
      await call(name, timer);
    } catch {
      // Logged by whoever ran it; the next occurrence comes as planned.
    } finally {
      timer.running = false;
      timer.due = timer.schedule.next(Date.now());
    }
  };

  const look = (): void => {
    const now = Date.now();
    for (const [name, timer] of timers) if (!timer.running && timer.due <= now) void fire(name, timer);
  };

  return {
    add(name, binding) {
      const schedule = parseSchedule(String(binding.schedule), settings);
      timers.set(name, {
        binding,
        schedule,
        last: undefined,
        due: schedule.next(Date.now()),
        running: false,
      });
    },
    start() {
      for (const [name, timer] of timers) if (timer.binding.runOnStartup === true) void fire(name, timer);
      if (timers.size > 0) ticking = setInterval(look, TICK_MS);
    },
    async invoke(name) {
      const timer = timers.get(name);
      if (timer === undefined) throw new Error(`${name} is not a running timer function`);
      await call(name, timer);
    },
    has: name => timers.has(name),
    stop() {
      clearInterval(ticking);
    },
  };
}

/** Shape of the host's TimerInfo. Times in the way .NET writes them; a timer that never ran has the year 1. */
function timerInput(timer: Timer): unknown {
  const last = timer.last === undefined ? '0001-01-01T00:00:00+00:00' : dotNetTime(timer.last);
  return {
    Schedule: { AdjustForDST: true },
    ScheduleStatus: { Last: last, LastUpdated: last, Next: dotNetTime(timer.due) },
    IsPastDue: false,
  };
}

function dotNetTime(instant: number): string {
  return new Date(instant).toISOString().replace('Z', '0000+00:00');
}
