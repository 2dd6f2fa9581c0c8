import type { Failure } from '../state/target-state.ts';
import type { OperationsContext } from './context.ts';

/** A principal whose last change could not be applied. A cycle tries it again at a growing interval. */
export interface FailingPrincipal
  extends Pick<Failure, 'code' | 'message' | 'attempts' | 'failedAt' | 'nextTryAt'> {
  readonly target: string;
  /** `user:…` */
  readonly principal: string;
}

/** Who fails, by target. */
export async function listFailures({
  state,
  targets,
}: Pick<OperationsContext, 'state' | 'targets'>): Promise<FailingPrincipal[]> {
  const lists = await Promise.all(
    targets.map(async ({ id: target }) =>
      (await state.targets.failures(target)).map(({ key: principal, value }) => {
        const { code, message, attempts, failedAt, nextTryAt } = value;
        return { target, principal, code, message, attempts, failedAt, nextTryAt };
      }),
    ),
  );
  return lists.flat();
}
