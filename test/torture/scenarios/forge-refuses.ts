// The forge, or an error page in its place, refuses every status for a while.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { startPhoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { BOXES, openBoxHost } from '../../support/host/boxes.ts';
import { until } from '../../support/until.ts';
import { scenario } from '../scenario.ts';

const MINUTE_MS = 60_000;

export const forgeRefuses = scenario({
  name: 'forge-refuses',
  about: 'a status that the forge refuses for a while is kept, and what the ledger knows is what is written in the end',
  tries: { long: 30, short: 1 },
  input: fc.record({
    status: fc.constantFrom(401, 403, 404, 422, 400, 410, 429, 503, 302, 200),
    /** Whether nothing can be read either. */
    reads: fc.boolean(),
    /** An agent that is restarted while the forge refuses reports the same. */
    restart: fc.boolean(),
  }),
  async attempt({ status, reads, restart }) {
    const folder = await mkdtemp(join(tmpdir(), 'phoenix-refuses-'));
    const host = await openBoxHost(folder);
    let later = 0;
    const clock = { now: () => new Date(Date.now() + later) };
    const phoenix = await startPhoenix({ host, managers: BOXES, clock, options: { pollSeconds: 1 } });
    try {
      const { commit: before } = await phoenix.push(environment({ 101: {} }));
      const said = phoenix.statuses(before);
      const away = { location: 'http://sign-in.example.internal/' };
      const headers: Record<string, string> = status === 302 ? away : {};
      let refuses = true;
      phoenix.forge.faults.decide(({ method }) => {
        const disturbed = refuses && (reads || method !== 'GET');
        return disturbed ? { kind: 'answer', status, message: 'not now', headers } : undefined;
      });
      const commit = await phoenix.repo.commit(environment({ 101: {}, 102: {} }));
      await phoenix.repo.push();
      await until(async () => (await phoenix.ledger.runs(1))[0]?.state === 'succeeded', 'the run', 60);
      await until(async () => (await phoenix.ledger.reportsHeld()) !== null, 'a refusal that is told of', 60);
      if (restart) {
        await phoenix.stopAgent();
        await phoenix.startAgent();
      }
      refuses = false;
      // The wait is at most a quarter of an hour, whatever the forge requests.
      later = 15 * MINUTE_MS;
      await until(() => phoenix.statuses(commit)['phoenix/apply']?.startsWith('success') === true, 'the last word', 60);
      expect((await phoenix.answered(commit)).statuses).toMatchObject({ 'phoenix/apply': 'success: applied 1 target' });
      expect(phoenix.statuses(before)).toEqual(said);
      expect(await phoenix.ledger.reportsHeld()).toBeNull();
    } finally {
      await phoenix.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
});
