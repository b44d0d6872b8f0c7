// One step as the agent carries it out with `rollback_on_failure`, without ledger and leases, and killed where a test says so.

import { convergeStep, type Ending } from '../../src/agent/apply/converge.ts';
import { Aborted } from '../../src/agent/apply/lease.ts';
import type { Manager, Wanted } from '../../src/managers/manager.ts';
import type { Host } from '../../src/ports/host.ts';
import { guardedHost } from '../support/guarded-host.ts';
import type { Killing } from './carry-out.ts';

export async function step(
  manager: Manager,
  given: Host,
  wanted: Wanted,
  killing?: Killing,
): Promise<Ending | 'killed'> {
  let begun = 0;
  let killed = false;
  const die = (): void => {
    killed = true;
    throw new Aborted();
  };
  const keeper = {
    async assertHeld() {
      begun += 1;
      if (killing !== undefined && begun === killing.after && !killing.carriedOut) die();
    },
    async touch() {},
    async record() {
      if (killing !== undefined && begun === killing.after && killing.carriedOut) die();
    },
  };
  try {
    return await convergeStep({
      host: guardedHost(given),
      manager,
      wanted,
      // A worker that takes over does not know how far the one before came.
      touched: true,
      rollback: true,
      readOnly: false,
      inventory: null,
      keeper,
      log: { write() {}, async flush() {} },
      signal: new AbortController().signal,
    });
  } catch (error) {
    if (!killed) throw error;
    return 'killed';
  }
}

/** What a run that only looks says. */
export async function look(manager: Manager, given: Host, wanted: Wanted): Promise<Ending> {
  const refuse = async (): Promise<never> => {
    throw new Error('a look must do nothing');
  };
  return convergeStep({
    host: guardedHost(given),
    manager,
    wanted,
    touched: false,
    rollback: false,
    readOnly: 'differs',
    inventory: null,
    keeper: { assertHeld: refuse, touch: refuse, record: refuse },
    log: { write() {}, async flush() {} },
    signal: new AbortController().signal,
  });
}
