// Runs one step like the agent with `rollback_on_failure`, without ledger and leases, and kills it where a test says so.

import { convergeStep } from '../../src/agent/apply/converge.ts';
import { Aborted } from '../../src/agent/apply/lease.ts';
import type { Ending } from '../../src/agent/apply/step-work.ts';
import type { Manager, Wanted } from '../../src/managers/manager.ts';
import type { Host } from '../../src/ports/host.ts';
import { guardedHost } from '../support/host/guarded-host.ts';

/** @param killedAfter the number of actions after which it is killed */
export async function step(
  manager: Manager,
  given: Host,
  wanted: Wanted,
  killedAfter = Infinity,
): Promise<Ending | 'killed'> {
  let recorded = 0;
  let killed = false;
  const leaseGuard = {
    async assertHeld() {},
    async touch() {},
    async record() {
      recorded += 1;
      if (recorded < killedAfter) return;
      killed = true;
      throw new Aborted();
    },
  };
  try {
    return await convergeStep({
      host: guardedHost(given),
      manager,
      wanted,
      // The next worker does not know how far the previous one came.
      touched: true,
      rollback: true,
      readOnly: false,
      inventory: null,
      leaseGuard,
      log: { write() {}, async flush() {} },
      signal: new AbortController().signal,
    });
  } catch (error) {
    if (!killed) throw error;
    return 'killed';
  }
}

/** The result of a read-only run. */
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
    leaseGuard: { assertHeld: refuse, touch: refuse, record: refuse },
    log: { write() {}, async flush() {} },
    signal: new AbortController().signal,
  });
}

/** As a worker of the agent carries it out, with no way back but that of the manager itself. */
export function asWorker(
  manager: Manager,
  host: Host,
  wanted: Wanted,
  readOnly: 'differs' | false = false,
): Promise<Ending> {
  const nothing = async (): Promise<void> => {};
  return convergeStep({
    host,
    manager,
    wanted,
    touched: false,
    rollback: false,
    readOnly,
    inventory: null,
    leaseGuard: { assertHeld: nothing, touch: nothing, record: nothing },
    log: { write() {}, flush: nothing },
    signal: new AbortController().signal,
  });
}
