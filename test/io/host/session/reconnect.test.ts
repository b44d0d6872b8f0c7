// When a session is opened, kept and closed. The test sets the time.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isEnd, reconnecting } from '../../../../src/io/host/session/reconnect.ts';
import type { Session, SessionEnd } from '../../../../src/io/host/session/session.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

const MINUTE = 60_000;

interface Opened extends Session {
  busy: number;
  closed: boolean;
  end(end: SessionEnd): Promise<void>;
}

function opened(): Opened {
  const over = Promise.withResolvers<SessionEnd>();
  const session: Opened = {
    busy: 0,
    closed: false,
    over: over.promise,
    run: () => null,
    pending: () => session.busy,
    async end(end) {
      over.resolve(end);
      await over.promise;
    },
    async close() {
      session.closed = true;
      await session.end({ exit: 0, said: '' });
    },
  };
  return session;
}

/** Returns one after the other, and counts the calls. */
function keeping(...given: readonly (Session | SessionEnd)[]) {
  let asked = 0;
  const said: string[] = [];
  const kept = reconnecting(
    async () => given[Math.min(asked++, given.length - 1)] ?? opened(),
    (text) => said.push(text),
  );
  return { kept, said, asked: () => asked };
}

test('concurrent requests share one session, which is kept', async () => {
  const first = opened();
  const { kept, asked } = keeping(first);
  expect(await Promise.all([kept.take(), kept.take()])).toEqual([first, first]);
  expect(await kept.take()).toBe(first);
  expect(asked()).toBe(1);
  await kept.close();
  expect(first.closed).toBe(true);
});

test('closing waits for none that begins, and ends it', async () => {
  const begins = Promise.withResolvers<Session>();
  let signal: AbortSignal | undefined;
  const kept = reconnecting(
    (given) => {
      signal = given;
      return begins.promise;
    },
    () => {},
  );
  const taken = kept.take();
  await kept.close();
  expect(signal?.aborted).toBe(true);
  begins.resolve(opened());
  expect(await taken).toBeNull();
});

test('an unreachable node is retried at once, without a message', async () => {
  const away = { exit: 255, said: 'Connection refused' };
  const then = opened();
  const { kept, said } = keeping(away, then);
  const found = await kept.take();
  expect(found !== null && isEnd(found) ? found : null).toBe(away);
  expect(await kept.take()).toBe(then);
  expect(said).toEqual([]);
});

test('a node that refuses sessions is not retried for an hour, and that is logged', async () => {
  const then = opened();
  const { kept, said, asked } = keeping({ exit: 126, said: 'phoenix-shell: refused: x' }, then);
  expect(await kept.take()).toBeNull();
  vi.advanceTimersByTime(59 * MINUTE);
  expect(await kept.take()).toBeNull();
  expect([asked(), said]).toEqual([1, ['phoenix-shell: refused: x']]);
  vi.advanceTimersByTime(2 * MINUTE);
  expect(await kept.take()).toBe(then);
});

test('after a session that breaks off the node is not retried for a minute; after a lost connection it is', async () => {
  const [broken, lost, then] = [opened(), opened(), opened()];
  const { kept, said } = keeping(broken, lost, then);
  await kept.take();
  await broken.end({ exit: 137, said: 'Killed' });
  expect(await kept.take()).toBeNull();
  expect(said).toEqual(['Killed']);
  vi.advanceTimersByTime(MINUTE + 1);
  expect(await kept.take()).toBe(lost);
  await lost.end({ exit: 255, said: 'Broken pipe' });
  expect(await kept.take()).toBe(then);
  expect(said).toEqual(['Killed']);
});

test('an idle session ends, and one with a running command does not', async () => {
  const [first, second] = [opened(), opened()];
  const { kept } = keeping(first, second);
  await kept.take();
  first.busy = 1;
  vi.advanceTimersByTime(10 * MINUTE);
  expect(first.closed).toBe(false);
  first.busy = 0;
  vi.advanceTimersByTime(MINUTE);
  expect(first.closed).toBe(true);
  expect(await kept.take()).toBe(second);
});

test('one is begun afresh after an hour of use; the one before ends when it is done', async () => {
  const [first, second] = [opened(), opened()];
  const { kept } = keeping(first, second);
  for (let minutes = 0; minutes <= 60; minutes += 1) {
    expect(await kept.take()).toBe(first);
    first.busy = 1;
    vi.advanceTimersByTime(MINUTE);
  }
  expect(await kept.take()).toBe(second);
  expect(first.closed).toBe(false);
  first.busy = 0;
  vi.advanceTimersByTime(MINUTE);
  expect([first.closed, second.closed]).toEqual([true, false]);
});
