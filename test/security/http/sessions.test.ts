// User sessions: the data in Redis does not allow signing in, sessions end by time, by a new secret and with the user's rights at the forge, and a
// form is only accepted from a page of its session.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isFromOwnPage } from '../../../src/agent/http/own-pages.ts';
import {
  IDLE_SECONDS,
  openSessions,
  PROVED_SECONDS,
  READS_ON_SECONDS,
  SESSION_SECONDS,
} from '../../../src/agent/http/sessions.ts';
import { type Connection, connectRedis } from '../../../src/io/ledger/connect.ts';
import { openLedger } from '../../../src/io/ledger/ledger.ts';
import { mayAs, type PersonRole } from '../../../src/model/person.ts';
import { secret } from '../../../src/model/secret.ts';
import type { Ledger } from '../../../src/ports/ledger.ts';
import { startRedis, type TestRedis } from '../../support/redis/redis.ts';

const ADA = { person: 'ada', role: 'admin', signedInBy: 'token', grant: null } as const;
const BOB = { person: 'bob', role: 'operator', signedInBy: 'forge', grant: 'the-token-of-bob' } as const;

let redis: TestRedis;
let connection: Connection;
let ledger: Ledger;
let now = 0;
/** The forge's answer about bob. */
let right: PersonRole | null | Error = 'operator';
let asked = 0;

beforeAll(async () => {
  redis = await startRedis();
  connection = connectRedis(redis.url, () => {});
  ledger = openLedger(connection, { clock: { now: () => new Date(now) } });
});
beforeEach(async () => {
  await redis.clear();
  [now, right, asked] = [Date.parse('2026-01-02T03:04:05Z'), 'operator', 0];
});
afterAll(async () => {
  await ledger.close();
  await redis.stop();
});

function open({ adminToken = 'the-admin-token', clientSecret = 'the-client-secret' } = {}) {
  const roleOf = async (_login: string, grant: string | null) => {
    asked += 1;
    expect(grant).toBe('the-token-of-bob');
    if (right instanceof Error) throw right;
    return right;
  };
  const forge = { secret: secret(clientSecret), roleOf };
  return openSessions({ store: ledger, adminToken: secret(adminToken), forge, now: () => now });
}

describe('a session', () => {
  test('survives a restart, and ends with the secret that signed it', async () => {
    const sessions = open();
    const [ada, bob] = [await sessions.begin(ADA), await sessions.begin(BOB)];
    expect(await open().find(ada)).toMatchObject({ name: 'ada', role: 'admin' });
    const otherToken = open({ adminToken: 'another-token' });
    expect([await otherToken.find(ada), (await otherToken.find(bob))?.name]).toEqual([null, 'bob']);
    // It is removed permanently, not only while the other token is set.
    expect(await sessions.find(ada)).toBeNull();
    expect(await open({ clientSecret: 'another-secret' }).find(bob)).toBeNull();
  });

  test('expires, earlier without use, and ends by signing out', async () => {
    const sessions = open();
    const [used, idle, out] = [await sessions.begin(ADA), await sessions.begin(ADA), await sessions.begin(ADA)];
    await sessions.end(out);
    expect(await sessions.find(out)).toBeNull();
    for (let at = IDLE_SECONDS - 1; at < SESSION_SECONDS; at += IDLE_SECONDS - 1) {
      now = Date.parse('2026-01-02T03:04:05Z') + at * 1000;
      expect(await sessions.find(used)).not.toBeNull();
    }
    expect(await sessions.find(idle)).toBeNull();
    now = Date.parse('2026-01-02T03:04:05Z') + SESSION_SECONDS * 1000;
    expect([await sessions.find(used), await sessions.find('')]).toEqual([null, null]);
  });

  test('cannot be derived from Redis, which holds neither its id, its form token nor the secret', async () => {
    const id = await open().begin(ADA);
    await open().begin(BOB);
    const { formToken = '' } = (await open().find(id)) ?? {};
    const keys = await connection.keys('*');
    const kept = [...keys, ...(await connection.mget(...keys))].join(' ');
    expect(kept).toContain('ada');
    for (const hidden of [id, formToken, 'the-admin-token', 'the-client-secret', 'the-token-of-bob'])
      expect(kept).not.toContain(hidden);
    expect(formToken).toMatch(/^[\w-]{43}$/);
    expect((await open().find(await open().begin(ADA)))?.formToken).not.toBe(formToken);
  });

  test('has the present rights of its user at the forge', async () => {
    const sessions = open();
    const bob = await sessions.begin(BOB);
    const later = (seconds: number) => {
      now += seconds * 1000;
      return sessions.find(bob);
    };
    right = 'admin';
    expect([(await later(PROVED_SECONDS))?.role, asked]).toEqual(['operator', 0]);
    expect([(await later(1))?.role, asked]).toEqual(['admin', 1]);
    // Without an answer of the forge a user can still read; it is not asked constantly, and the session expires.
    right = new Error('away');
    expect([(await later(PROVED_SECONDS + 1))?.role, (await later(1))?.role, asked]).toEqual(['reader', 'reader', 2]);
    right = 'operator';
    expect((await later(60))?.role).toBe('operator');
    right = new Error('away');
    expect(await later(READS_ON_SECONDS + 1)).toBeNull();
    right = null;
    expect(await later(60)).toBeNull();
    right = 'admin';
    expect(await later(60)).toBeNull();
  });
});

test.each([
  ['the page itself', { 'sec-fetch-site': 'same-origin' }, true],
  ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://phoenix.lan' }, false],
  ['another name below the same', { 'sec-fetch-site': 'same-site' }, false],
  ['an old browser, here', { origin: 'https://phoenix.lan' }, true],
  ['an old browser, by the name that the proxy calls', { origin: 'http://10.0.0.1:8080' }, true],
  ['an old browser, elsewhere', { origin: 'https://evil.example' }, false],
  ['a page that hides where it is', { origin: 'null' }, false],
  ['no browser', {}, true],
])('a form of %s', (_, headers, own) => {
  expect(isFromOwnPage({ headers: { host: '10.0.0.1:8080', ...headers } }, 'https://phoenix.lan')).toBe(own);
});

test('a role includes the rights of lower roles', () => {
  const roles = ['reader', 'operator', 'admin'] as const;
  expect(roles.map((role) => roles.filter((needed) => mayAs(role, needed)))).toEqual([
    ['reader'],
    ['reader', 'operator'],
    ['reader', 'operator', 'admin'],
  ]);
});
